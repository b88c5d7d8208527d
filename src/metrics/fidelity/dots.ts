import type { DenseKernels } from "../../engine/dense/kernels.ts";
import type { FeatureSet, Pause } from "./features.ts";
import { productOfRows } from "./matrixProduct.ts";

/**
 * ⟨xᵢ, yⱼ⟩ of every row of x and of y: [x.count, y.count]. float32 rows by the kernels, in float32; where either side
 * is float64, in float64.
 */
export async function dots(
  x: FeatureSet,
  y: FeatureSet,
  kernels: DenseKernels,
  pause: Pause,
): Promise<Float32Array | Float64Array> {
  if (x.rows instanceof Float32Array && y.rows instanceof Float32Array) {
    const head = { weight: y.rows, bias: new Float32Array(y.count) };
    return kernels.headLogits(x.rows, x.dim, head, Number.POSITIVE_INFINITY);
  }
  return productOfRows(Float64Array.from(x.rows), x.count, Float64Array.from(y.rows), y.count, x.dim, pause);
}
