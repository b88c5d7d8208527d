import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { checkDims, type FeatureSet, noPause, type Pause } from "./features.ts";
import { mirrorUpper, productOfRows } from "./matrixProduct.ts";
import { centredRows, type Moments, meanOf, momentsOf } from "./moments.ts";
import { type CholeskyFactor, pivotedCholesky } from "./pivotedCholesky.ts";
import { symmetricEigenvalues } from "./symmetricEigenvalues.ts";

/**
 * Fréchet distance of the Gaussians that fit two feature sets: |μ₁ − μ₂|² + tr(S₁ + S₂ − 2 (S₁S₂)^½) (Heusel et al.
 * 2017; pytorch-fid's arithmetic). The last trace is the sum of the singular values of F₁ F₂ᵀ for any factors
 * S = Fᵀ F, so nothing is lost where a covariance is singular. Where a set has at most `dim` images its own centred
 * rows are the factor, else the Cholesky factor of its covariance.
 *
 * @returns ≥ 0 but for round-off: two equal sets give ±1e-7 of their trace
 */
export async function frechetDistance(
  a: FeatureSet,
  b: FeatureSet,
  kernels: DenseKernels,
  pause: Pause = noPause,
): Promise<number> {
  checkDims(a, b);
  return distance(await spreadOf(a, kernels, pause), await spreadOf(b, kernels, pause), pause);
}

/** The same of given moments. */
export async function frechetOfMoments(a: Moments, b: Moments, pause: Pause = noPause): Promise<number> {
  if (a.dim !== b.dim) throw new RangeError(`Moments of ${a.dim} and of ${b.dim} features do not compare.`);
  return distance(spreadOfMoments(a), spreadOfMoments(b), pause);
}

/** A set's mean, and its covariance as a matrix or as the rows of a factor. */
interface Spread {
  readonly dim: number;
  readonly mean: Float64Array;
  readonly trace: number;
  readonly covariance: Float64Array | null;
  /** F with S = Fᵀ F, [count, dim]. */
  readonly factor: { readonly rows: Float64Array; readonly count: number } | null;
}

async function spreadOf(set: FeatureSet, kernels: DenseKernels, pause: Pause): Promise<Spread> {
  if (set.count > set.dim) return spreadOfMoments(await momentsOf(set, kernels, pause));
  const mean = meanOf(set);
  const rows = centredRows(set, mean);
  const trace = rows.reduce((sum, value) => sum + value * value, 0);
  return { dim: set.dim, mean, trace, covariance: null, factor: { rows, count: set.count } };
}

function spreadOfMoments({ dim, mean, covariance }: Moments): Spread {
  let trace = 0;
  for (let k = 0; k < dim; k++) trace += covariance[k * dim + k] as number;
  return { dim, mean, trace, covariance, factor: null };
}

async function distance(a: Spread, b: Spread, pause: Pause): Promise<number> {
  let shift = 0;
  for (let k = 0; k < a.dim; k++) shift += ((a.mean[k] as number) - (b.mean[k] as number)) ** 2;
  return shift + a.trace + b.trace - 2 * (await traceOfRoot(a, b, pause));
}

/** tr (S₁S₂)^½ = Σ √λ(F₁ S₂ F₁ᵀ). */
async function traceOfRoot(a: Spread, b: Spread, pause: Pause): Promise<number> {
  if (a.factor !== null && b.factor !== null) return nuclearNorm(a.factor, b.factor, a.dim, pause);
  if (a.factor !== null) return rootOfSandwich({ ...a.factor, order: null }, b, pause);
  if (b.factor !== null) return rootOfSandwich({ ...b.factor, order: null }, a, pause);
  const { rows, rank, order } = await pivotedCholesky(Float64Array.from(a.covariance ?? []), a.dim, pause);
  return rootOfSandwich({ rows, count: rank, order }, b, pause);
}

/** Σ √λ(F S Fᵀ); with an order, F is a Cholesky factor in it. */
async function rootOfSandwich(
  { rows, count, order }: { rows: Float64Array; count: number; order: CholeskyFactor["order"] | null },
  { covariance, dim }: Spread,
  pause: Pause,
): Promise<number> {
  if (covariance === null || count === 0) return 0;
  const s = order === null ? covariance : reordered(covariance, dim, order);
  const half = await productOfRows(rows, count, s, dim, dim, pause, order === null ? {} : { triangular: "a" });
  const whole = await productOfRows(half, count, rows, count, dim, pause, {
    upper: true,
    ...(order === null ? {} : { triangular: "b" as const }),
  });
  return sumOfRoots(whole, count, pause);
}

/** Sum of the singular values of F₁ F₂ᵀ. */
async function nuclearNorm(
  a: { rows: Float64Array; count: number },
  b: { rows: Float64Array; count: number },
  dim: number,
  pause: Pause,
): Promise<number> {
  const [few, many] = a.count <= b.count ? [a, b] : [b, a];
  const gram = await productOfRows(few.rows, few.count, many.rows, many.count, dim, pause);
  const squared = await productOfRows(gram, few.count, gram, few.count, many.count, pause, { upper: true });
  return sumOfRoots(squared, few.count, pause);
}

async function sumOfRoots(upper: Float64Array, n: number, pause: Pause): Promise<number> {
  mirrorUpper(upper, n);
  const values = await symmetricEigenvalues(upper, n, pause);
  return values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

function reordered(s: Float64Array, n: number, order: Uint32Array): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = (order[i] as number) * n;
    for (let j = 0; j < n; j++) out[i * n + j] = s[row + (order[j] as number)] as number;
  }
  return out;
}
