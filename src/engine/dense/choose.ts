import type { HelperPort } from "./helpers.ts";
import { type Variant, WasmDenseKernels } from "./wasmKernels.ts";

/** What is asked of the kernels; the same as of an engine. */
export interface DenseRequest {
  /** Threads, the calling one among them; 0 = as many as there are cores, at most 8. */
  readonly threads: number;
  /** Plain SIMD even where relaxed SIMD exists: the same bits on every processor. */
  readonly reproducible: boolean;
}

/** At most this many threads without being asked. */
export const AUTO_THREADS = 8;

/**
 * Kernels by relaxed SIMD where the platform has it and the same bits everywhere are not asked for, else by plain SIMD.
 *
 * @param load fetches or reads a build
 * @param spawn starts a helper; null where a shared memory cannot be posted, and then `threads` must be 1
 * @throws Error if a build cannot be loaded or the platform has no SIMD or no shared memories
 */
export async function chooseKernels(
  { threads, reproducible }: DenseRequest,
  load: (variant: Variant) => Promise<BufferSource>,
  spawn: (() => HelperPort) | null,
): Promise<WasmDenseKernels> {
  const { variant, module } = await chooseBuild(reproducible, load);
  return new WasmDenseKernels(variant, threads, module, spawn);
}

/** The build that the platform can run. @throws Error as {@link chooseKernels} */
export async function chooseBuild(
  reproducible: boolean,
  load: (variant: Variant) => Promise<BufferSource>,
): Promise<{ readonly variant: Variant; readonly module: WebAssembly.Module }> {
  const wanted: readonly Variant[] = reproducible ? ["simd"] : ["relaxed", "simd"];
  for (const variant of wanted) {
    const bytes = await load(variant);
    if (WebAssembly.validate(bytes)) return { variant, module: await WebAssembly.compile(bytes) };
  }
  throw new Error("This platform's WebAssembly has no SIMD or no threads, which the kernels need. Update it.");
}
