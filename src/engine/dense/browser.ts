import relaxedUrl from "./build/relaxed.wasm?url";
import simdUrl from "./build/simd.wasm?url";
import { AUTO_THREADS, chooseKernels, type DenseRequest } from "./choose.ts";
import type { HelperPort } from "./helpers.ts";
import type { DenseKernels } from "./kernels.ts";
import type { DenseReply } from "./threadProtocol.ts";
import type { Variant } from "./wasmKernels.ts";

const urls: Record<Variant, string> = { relaxed: relaxedUrl, simd: simdUrl };

/**
 * The dense kernels in a browser, for a worker: the calling thread computes its share. More threads than one need
 * cross-origin isolation; without it there is one. Dispose them to stop the threads.
 */
export function openBrowserDenseKernels(request: DenseRequest): Promise<DenseKernels> {
  const isolated = globalThis.crossOriginIsolated === true;
  const threads = isolated ? request.threads || Math.min(navigator.hardwareConcurrency, AUTO_THREADS) : 1;
  const load = (variant: Variant) => fetchBuild(urls[variant]);
  return chooseKernels({ ...request, threads }, load, isolated ? spawnBrowserHelper : null);
}

/** @throws Error if the file cannot be fetched */
export async function fetchBuild(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The kernels could not be fetched: ${response.status} for ${url}.`);
  return response.arrayBuffer();
}

/** Starts a thread, which runs the kernels of any module that it is given. */
export function spawnBrowserHelper(): HelperPort {
  const worker = new Worker(new URL("./kernelThread.worker.ts", import.meta.url), { type: "module" });
  return {
    post: (order) => worker.postMessage(order),
    onReply: (listener) =>
      worker.addEventListener("message", (event: MessageEvent<DenseReply>) => listener(event.data)),
    onCrash: (listener) => {
      worker.addEventListener("error", (event) => listener(event.message || "its script could not be loaded"));
      worker.addEventListener("messageerror", () => listener("a message could not be read"));
    },
    terminate: () => worker.terminate(),
  };
}
