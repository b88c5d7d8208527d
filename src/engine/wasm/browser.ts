import type { BackendRequest } from "../backend.ts";
import type { Engine } from "../network.ts";
import relaxedUrl from "./build/relaxed.wasm?url";
import simdUrl from "./build/simd.wasm?url";
import { createWasmEngine, type Variant } from "./engine.ts";
import type { ThreadOrder, ThreadReply } from "./threadProtocol.ts";
import type { ThreadPort } from "./threadTeam.ts";

const urls: Record<Variant, string> = { relaxed: relaxedUrl, simd: simdUrl };

/** At most this many kernel threads without being asked: stage 4 has little to share out. */
const AUTO_THREADS = 8;

/**
 * The WebAssembly engine in a browser, from a window or a worker. Threads need cross-origin isolation.
 *
 * @param reason why not a better backend, as a sentence; "" if wasm was asked for
 */
export async function createBrowserWasmEngine(
  request: Pick<BackendRequest, "threads" | "reproducible">,
  reason: string,
): Promise<Engine> {
  const isolated = globalThis.crossOriginIsolated === true;
  const wanted = request.threads || Math.min(navigator.hardwareConcurrency, AUTO_THREADS);
  return createWasmEngine({
    loadKernels,
    threads: isolated ? wanted : 1,
    threadsReason: isolated || wanted === 1 ? "" : "One thread, because the page is not cross-origin isolated.",
    spawnThread: isolated ? spawnThread : null,
    reproducible: request.reproducible,
    reason,
  });
}

async function loadKernels(variant: Variant): Promise<ArrayBuffer> {
  const response = await fetch(urls[variant]);
  if (!response.ok) throw new Error(`The kernels could not be fetched: ${response.status} for ${urls[variant]}.`);
  return response.arrayBuffer();
}

function spawnThread(): ThreadPort {
  const worker = new Worker(new URL("./kernelThread.worker.ts", import.meta.url), { type: "module" });
  return {
    post: (order: ThreadOrder) => worker.postMessage(order),
    onReply: (listener) =>
      worker.addEventListener("message", (event: MessageEvent<ThreadReply>) => listener(event.data)),
    onCrash: (listener) => {
      worker.addEventListener("error", (event) => listener(event.message || "its script could not be loaded"));
      worker.addEventListener("messageerror", () => listener("a message could not be read"));
    },
    terminate: () => worker.terminate(),
  };
}
