import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { flushFolder, ifPresent, writeFlushed } from "./fileSystem.ts";

/** A file to write (or, with null, to delete); `target` is relative to the root of the store. */
export interface Change {
  readonly target: string;
  readonly bytes: Uint8Array | null;
}

/** Where batches are prepared, below the root. */
export const STAGING = "~staging";

const JOURNAL = "journal.json";
/** A staging folder of another machine is only known to be abandoned when it is this old. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** What a committed batch does; file i lies in the staging folder under its index. */
type Journal = readonly { target: string; delete: boolean }[];

/** Staging folders of this process that are in use. */
const inUse = new Set<string>();

/**
 * Makes all changes or none. Everything is staged and flushed first. One change is then renamed into place; of several,
 * a journal is written, and its rename is the commit: from there on {@link recover} finishes what a crash interrupts.
 */
export async function commit(root: string, changes: readonly Change[]): Promise<void> {
  const staging = join(root, STAGING, `${hostname().replaceAll("~", "-")}~${process.pid}~${randomUUID()}`);
  inUse.add(staging);
  let committed = false;
  try {
    await mkdir(staging, { recursive: true });
    for (const [i, { bytes }] of changes.entries()) {
      if (bytes) await writeFlushed(join(staging, String(i)), bytes);
    }
    const journal = changes.map(({ target, bytes }) => ({ target, delete: bytes === null }));
    if (journal.length > 1) {
      const part = join(staging, `${JOURNAL}.part`);
      await writeFlushed(part, new TextEncoder().encode(JSON.stringify(journal)));
      await rename(part, join(staging, JOURNAL));
      await flushFolder(staging);
      committed = true;
    }
    await apply(root, staging, journal, (move) => move);
  } catch (error) {
    if (!committed) await rm(staging, { recursive: true, force: true });
    throw error;
  } finally {
    inUse.delete(staging);
  }
}

/** Finishes committed batches and drops the others, except those of a process that may still be at work. */
export async function recover(root: string): Promise<void> {
  for (const name of (await ifPresent(readdir(join(root, STAGING)))) ?? []) {
    const staging = join(root, STAGING, name);
    if (inUse.has(staging) || (await mayBeAlive(staging))) continue;
    const journal = await ifPresent(readFile(join(staging, JOURNAL), "utf8"));
    if (journal === undefined) await rm(staging, { recursive: true, force: true });
    // A file that is gone from staging was moved before the crash.
    else await apply(root, staging, JSON.parse(journal) as Journal, ifPresent);
  }
}

async function apply(
  root: string,
  staging: string,
  journal: Journal,
  moving: (move: Promise<void>) => Promise<unknown>,
): Promise<void> {
  const folders = new Set<string>();
  for (const [i, change] of journal.entries()) {
    const target = join(root, change.target);
    if (change.delete) await rm(target, { force: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await moving(rename(join(staging, String(i)), target));
    }
    folders.add(dirname(target));
  }
  for (const folder of folders) await ifPresent(flushFolder(folder));
  await rm(staging, { recursive: true, force: true });
}

/** Whether the process that made a staging folder (host~pid~id) may still be writing to it. */
async function mayBeAlive(staging: string): Promise<boolean> {
  const [host, pid] = basename(staging).split("~");
  if (host !== hostname().replaceAll("~", "-")) {
    const info = await ifPresent(stat(staging));
    return info !== undefined && Date.now() - info.mtimeMs < ABANDONED_MS;
  }
  // Containers hand out the same few process ids: one equal to ours, and not in use, is left from an earlier run.
  if (Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
