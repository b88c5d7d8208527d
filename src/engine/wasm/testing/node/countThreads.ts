import { readFile } from "node:fs/promises";
import type { Engine } from "../../../network.ts";
import { createWasmEngine } from "../../engine.ts";
import { spawnNodeThread } from "../../node/engine.ts";

const build = new URL("../../build/", import.meta.url);

/** The kernel threads of one engine. */
export interface CountedThreads {
  readonly started: number;
  /** Those whose worker has not ended. */
  readonly running: number;
  /** Ends the first that runs, as the operating system would: nobody is told beforehand. */
  kill(): void;
}

/** The wasm engine in Node, plain SIMD, with threads that a test can count and kill. */
export async function countThreads(threads: number): Promise<{ engine: Engine; threads: CountedThreads }> {
  let started = 0;
  const running: { terminate(): void }[] = [];
  const engine = await createWasmEngine({
    loadKernels: async (variant) => new Uint8Array(await readFile(new URL(`${variant}.wasm`, build))),
    threads,
    threadsReason: "",
    spawnThread: () => {
      const port = spawnNodeThread(new URL("kernelThread.mjs", build));
      started++;
      running.push(port);
      port.onCrash(() => void running.splice(running.indexOf(port), 1));
      return port;
    },
    reproducible: true,
    reason: "",
  });
  return {
    engine,
    threads: {
      get started() {
        return started;
      },
      get running() {
        return running.length;
      },
      kill: () => running[0]?.terminate(),
    },
  };
}
