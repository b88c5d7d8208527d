import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { AUTO_THREADS, chooseKernels, type DenseRequest } from "../choose.ts";
import type { HelperPort } from "../helpers.ts";
import type { DenseKernels } from "../kernels.ts";
import type { DenseReply } from "../threadProtocol.ts";

/**
 * The dense kernels in Node. Their threads keep the process alive: dispose them.
 *
 * @param build folder with {relaxed,simd}.wasm and kernelThread.mjs, as scripts/build-kernels.mjs makes it; a bundle
 *   that moved this file names the place where it keeps them
 */
export async function openNodeDenseKernels(
  request: DenseRequest,
  build: URL = new URL("../build/", import.meta.url),
): Promise<DenseKernels> {
  allowRelaxedSimd();
  return chooseKernels(
    { ...request, threads: nodeThreads(request) },
    (variant) => readBuilt(new URL(`${variant}.wasm`, build)),
    () => spawnNodeHelper(new URL("kernelThread.mjs", build)),
  );
}

/** Node 20 hides relaxed SIMD behind a flag; it must be set before the first module that needs it is seen. */
export function allowRelaxedSimd(): void {
  if (Number(process.versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** Threads asked for, or as many as there are cores, at most {@link AUTO_THREADS}. */
export function nodeThreads({ threads }: DenseRequest): number {
  return threads || Math.min(availableParallelism(), AUTO_THREADS);
}

/** A built file. @throws Error if it is missing */
export async function readBuilt(file: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new Error(`The kernels are not built: ${fileURLToPath(file)} is missing. Run "npm run kernels".`, { cause });
  }
}

/** Starts a thread from the bundled script. */
export function spawnNodeHelper(script: URL): HelperPort {
  const worker = new Worker(script);
  return {
    post: (order) => worker.postMessage(order),
    onReply: (listener) => worker.on("message", (reply: DenseReply) => listener(reply)),
    onCrash: (listener) => {
      worker.on("error", (error) => listener(error.message));
      worker.on("exit", (code) => listener(`it ended with code ${code}`));
    },
    terminate: () => void worker.terminate(),
  };
}
