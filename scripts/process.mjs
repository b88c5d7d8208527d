import { spawn } from "node:child_process";
import { root } from "./paths.mjs";

const minute = 60_000;

/** Ends a child and everything it started. */
function endGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore" });
    return;
  }
  process.kill(-child.pid, "SIGKILL");
}

/**
 * Runs a program in the root folder with its output on ours.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ minutes?: number, env?: Record<string, string | undefined>, stdout?: "stdout" | "stderr" }} [options]
 *   `minutes`: the program and its children are ended after this long. `stdout`: where its standard output goes.
 * @returns {Promise<{ code: number, timedOut: boolean }>} code 1 where a signal ended it
 */
export function runProgram(program, args, { minutes = 15, env = {}, stdout = "stdout" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", process[stdout], process.stderr],
      detached: process.platform !== "win32",
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child);
    }, minutes * minute);
    const forward = (signal) => {
      endGroup(child);
      process.exit(signal === "SIGINT" ? 130 : 143);
    };
    process.once("SIGINT", forward);
    process.once("SIGTERM", forward);
    const settle = () => {
      clearTimeout(timer);
      process.off("SIGINT", forward);
      process.off("SIGTERM", forward);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code) => {
      settle();
      resolve({ code: code ?? 1, timedOut });
    });
  });
}

/** Runs a JavaScript file of ours or of a dependency under this Node; see runProgram. */
export const runNode = (file, args, options) => runProgram(process.execPath, [file, ...args], options);
