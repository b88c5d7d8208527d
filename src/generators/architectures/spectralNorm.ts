import type { SamplingSettings } from "../../study/generatorRecord.ts";
import { largestSingularValue, multiply, multiplyTransposed, norm } from "./spectralNormLargest.ts";

/** Stored and converged norms further apart than this are worth a warning. */
const TOLERATED = 0.02;

/** A weight matricised as [rows, columns], with the singular vectors kept beside it. */
export interface SpectralWeight {
  readonly weight: Float32Array;
  readonly rows: number;
  readonly u: Float32Array;
  /** null: only u is kept (ajbrock), and its own evaluation is one step from it: "stored" is "step" then. */
  readonly v: Float32Array | null;
}

/**
 * The number that a weight is divided by.
 * - "stored": uᵀ W v with the vectors of the file
 * - "step": after one power iteration from the u of the file, as StudioGAN and ajbrock evaluate
 * - "converged": the largest singular value
 */
export function spectralNorm(layer: SpectralWeight, mode: SamplingSettings["spectralNorm"]): number {
  if (mode === "converged") return largestSingularValue(layer.weight, layer.rows, layer.u, 1e-9, 120);
  if (mode === "step" || layer.v === null) return afterStep(layer);
  return stored(layer.weight, layer.rows, layer.u, layer.v);
}

function stored(weight: Float32Array, rows: number, u: Float32Array, v: Float32Array): number {
  const image = multiply(weight, rows, v);
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += (u[i] as number) * (image[i] as number);
  return sum;
}

/** v = Wᵀu / |Wᵀu|, u′ = Wv / |Wv|, σ = u′ᵀ W v = |Wv|. */
function afterStep({ weight, rows, u }: SpectralWeight): number {
  const v = multiplyTransposed(weight, rows, u);
  const length = norm(v);
  for (let j = 0; j < v.length; j++) v[j] = (v[j] as number) / length;
  return norm(multiply(weight, rows, v));
}

/**
 * How far the stored norm is from the largest singular value, as a fraction of the latter: in an averaged (EMA) file the
 * averaged vectors may be far from singular ones. null: within 2 %.
 */
export function storedNormError(layer: SpectralWeight): number | null {
  const largest = largestSingularValue(layer.weight, layer.rows, layer.u, 1e-4, 30);
  const error = Math.abs(spectralNorm(layer, "stored") - largest) / largest;
  return error > TOLERATED ? error : null;
}
