import { mkdirSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { inRoot } from "./paths.mjs";

/** A lock older than this has outlived its owner: nothing under a lock takes as long. */
const patience = 25 * 60_000;

/**
 * Runs `work` while no other process of this checkout holds the lock `name`; waits for it.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(name, work) {
  const lock = inRoot(".cache", name);
  mkdirSync(inRoot(".cache"), { recursive: true });
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (tries === 10) console.error(`Waiting for another process (${name}); if none runs, delete ${lock}.`);
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held && Date.now() - held.mtimeMs > patience) rmSync(lock, { recursive: true, force: true });
    else await sleep(200);
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}
