import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { BackendRequest } from "../../backend.ts";
import type { Engine } from "../../network.ts";
import { createWasmEngine } from "../engine.ts";
import type { ThreadReply } from "../threadProtocol.ts";
import type { ThreadPort } from "../threadTeam.ts";

/** At most this many kernel threads without being asked: stage 4 has little to share out. */
const AUTO_THREADS = 8;

/**
 * The WebAssembly engine in Node.
 *
 * @param reason why not a better backend, as a sentence; "" if wasm was asked for
 * @param build folder with {relaxed,simd}.wasm and kernelThread.mjs, as scripts/build-kernels.mjs makes it; a
 *   bundle that moved this file names the place where it keeps them
 */
export async function createNodeWasmEngine(
  request: Pick<BackendRequest, "threads" | "reproducible">,
  reason: string,
  build: URL = new URL("../build/", import.meta.url),
): Promise<Engine> {
  // Node 20 hides relaxed SIMD behind this flag; it must be set before the first module that needs it is seen.
  if (Number(process.versions.node.split(".")[0]) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return createWasmEngine({
    loadKernels: (variant) => readBuilt(new URL(`${variant}.wasm`, build)),
    threads: request.threads || Math.min(availableParallelism(), AUTO_THREADS),
    threadsReason: "",
    spawnThread: () => spawnNodeThread(new URL("kernelThread.mjs", build)),
    reproducible: request.reproducible,
    reason,
  });
}

async function readBuilt(file: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new Error(`The kernels are not built: ${fileURLToPath(file)} is missing. Run "npm run kernels".`, { cause });
  }
}

/** Starts a kernel thread from the bundled script. */
export function spawnNodeThread(script: URL): ThreadPort {
  const worker = new Worker(script);
  return {
    post: (order) => worker.postMessage(order),
    onReply: (listener) => worker.on("message", (reply: ThreadReply) => listener(reply)),
    onCrash: (listener) => {
      worker.on("error", (error) => listener(error.message));
      worker.on("exit", (code) => listener(`it ended with code ${code}`));
    },
    terminate: () => void worker.terminate(),
  };
}
