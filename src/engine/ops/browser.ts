import { fetchBuild, spawnBrowserHelper } from "../dense/browser.ts";
import { AUTO_THREADS, chooseBuild, type DenseRequest } from "../dense/choose.ts";
import type { Variant } from "../dense/wasmKernels.ts";
import relaxedUrl from "./build/relaxed.wasm?url";
import simdUrl from "./build/simd.wasm?url";
import { WasmOps } from "./wasm/wasmOps.ts";

const urls: Record<Variant, string> = { relaxed: relaxedUrl, simd: simdUrl };

/**
 * The image operations in a browser, for a worker. Threads need cross-origin isolation; without it the calling thread
 * computes, in turns. Dispose them to stop the threads.
 */
export async function openBrowserImageOps(request: DenseRequest): Promise<WasmOps> {
  const isolated = globalThis.crossOriginIsolated === true;
  const threads = isolated ? request.threads || Math.min(navigator.hardwareConcurrency, AUTO_THREADS) : 1;
  const { variant, module } = await chooseBuild(request.reproducible, (wanted) => fetchBuild(urls[wanted]));
  return new WasmOps(variant, threads, module, isolated ? spawnBrowserHelper : null);
}
