import type { ImageOps } from "../../imageOps.ts";
import { openNodeImageOps } from "../../node/open.ts";
import type { GradientOps } from "../gradientOps.ts";
import { wasmGradients } from "../wasmGradients.ts";

/**
 * Operations and their gradients in WebAssembly without fused multiply–add: the same bits on every machine, whatever
 * the number of threads.
 *
 * @param threads 0 = one per processor
 * @param build as openNodeImageOps takes it
 */
export async function openWasmTrainingOps(
  threads: number,
  build?: URL,
): Promise<{ readonly ops: ImageOps; readonly gradients: GradientOps; dispose(): void }> {
  const ops = await openNodeImageOps({ threads, reproducible: true }, build);
  return { ops, gradients: wasmGradients(ops, ops.internals), dispose: () => ops.dispose() };
}
