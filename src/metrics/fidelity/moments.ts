import type { DenseKernels } from "../../engine/dense/kernels.ts";
import type { FeatureSet, Pause } from "./features.ts";
import { mirrorUpper, productOfRows, transposed } from "./matrixProduct.ts";

/** Mean [dim] and covariance [dim, dim] (divisor n − 1, as numpy's cov), float64. */
export interface Moments {
  readonly dim: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Mean of the rows, summed in float64: [dim]. */
export function meanOf({ rows, count, dim }: FeatureSet): Float64Array {
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows.length; at += dim) {
    for (let k = 0; k < dim; k++) mean[k] = (mean[k] as number) + (rows[at + k] as number);
  }
  for (let k = 0; k < dim; k++) mean[k] = (mean[k] as number) / count;
  return mean;
}

/** (rows − mean) / √(count − 1) in float64, [count, dim]: a factor of the covariance. */
export function centredRows({ rows, count, dim }: FeatureSet, mean: Float64Array): Float64Array {
  const scale = 1 / Math.sqrt(count - 1);
  const out = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += dim) {
    for (let k = 0; k < dim; k++) out[at + k] = ((rows[at + k] as number) - (mean[k] as number)) * scale;
  }
  return out;
}

/** Moments of float32 rows by the kernels' scatter, of float64 rows in float64. */
export async function momentsOf(set: FeatureSet, kernels: DenseKernels, pause: Pause): Promise<Moments> {
  const { rows, count, dim } = set;
  const mean = meanOf(set);
  if (rows instanceof Float32Array) {
    const covariance = await kernels.scatter(rows, dim, mean);
    for (let k = 0; k < covariance.length; k++) covariance[k] = (covariance[k] as number) / (count - 1);
    return { dim, mean, covariance };
  }
  const columns = transposed(centredRows(set, mean), count, dim);
  const covariance = await productOfRows(columns, dim, columns, dim, count, pause, { upper: true });
  mirrorUpper(covariance, dim);
  return { dim, mean, covariance };
}
