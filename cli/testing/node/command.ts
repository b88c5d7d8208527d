import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** What a command wrote, and a folder of its own; both are new for every test. */
export interface CommandRun {
  folder: string;
  stderr: string;
  stdout: string;
}

/** Captures both streams and makes a folder around every test of the calling file. */
export function aroundEachCommand(prefix: string): CommandRun {
  const run: CommandRun = { folder: "", stderr: "", stdout: "" };
  beforeEach(() => {
    run.folder = mkdtempSync(join(tmpdir(), prefix));
    for (const stream of ["stderr", "stdout"] as const) {
      run[stream] = "";
      vi.spyOn(process[stream], "write").mockImplementation((text) => {
        run[stream] += text;
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(run.folder, { recursive: true });
  });
  return run;
}
