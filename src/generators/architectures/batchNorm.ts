import type { Activation, ConvolutionWeights, ImageOps, Value } from "../../engine/ops/imageOps.ts";

/** A linear map of a block's condition [n, d, 1, 1], as a 1×1 convolution. */
export interface Layer {
  readonly weights: ConvolutionWeights;
  /** [1, c, 1, 1] */
  readonly bias: Value | null;
}

/**
 * Batch norm on a device; scale and shift either hang on the condition or are [1, c, 1, 1].
 * - "folded": y = x · scale + shift, the statistics of the file folded in
 * - "batch": y = (x − mean) / √(variance + eps) · scale + shift with the moments of the very batch
 */
export interface NormWeights {
  readonly kind: "folded" | "batch";
  readonly scale: Layer | Value;
  readonly shift: Layer | Value;
  readonly eps: number;
}

/** Mean and biased variance of each channel, [1, c, 1, 1], over `count` numbers each. */
export interface BatchMoments {
  readonly mean: Value;
  readonly variance: Value;
  readonly count: number;
}

/**
 * activate(norm(x)). condition [n, d, 1, 1], null where there is none.
 * @param onMoments gets what "batch" computed, for standing statistics
 */
export function normalise(
  ops: ImageOps,
  x: Value,
  norm: NormWeights,
  condition: Value | null,
  activation: Activation,
  onMoments?: (moments: BatchMoments) => void,
): Value {
  const scale = conditioned(ops, norm.scale, condition);
  const shift = conditioned(ops, norm.shift, condition);
  if (norm.kind === "folded") return ops.scaleShift(x, scale, shift, activation);
  const { mean, variance } = ops.channelMoments(x);
  const [n, , h, w] = x.shape;
  onMoments?.({ mean, variance, count: n * h * w });
  const inverse = ops.inverseRoot(variance, norm.eps);
  const slope = ops.multiply(scale, inverse);
  const offset = ops.multiply(slope, ops.activate(mean, { kind: "linear", gain: -1 }));
  return ops.scaleShift(x, slope, ops.add(shift, offset), activation);
}

function conditioned(ops: ImageOps, of: Layer | Value, condition: Value | null): Value {
  if ("shape" in of) return of;
  if (condition === null) throw new RangeError("A conditional norm needs a condition.");
  return ops.convolution(condition, of.weights, { bias: of.bias });
}

/** Mean and variance of each channel, as batch norm in evaluation takes them. */
export interface NormStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * Statistics of a table with one row per truncation 0, 1/(rows − 1) … 1, as the released BigGAN-deep code takes them:
 * between two rows the lower one is weighted by the *fraction*, the upper one by its complement, and the row is the floor
 * of truncation/step in floating point (0.58 / 0.02 falls on row 28). The checkpoints are used with exactly this.
 *
 * @param table [rows, channels]
 * @throws RangeError unless truncation is in [0, 1]
 */
export function tabulated(table: Float32Array, rows: number, truncation: number): Float32Array {
  if (!(truncation >= 0 && truncation <= 1)) {
    throw new RangeError(`This generator's statistics are tabulated for truncations from 0 to 1, not ${truncation}.`);
  }
  const channels = table.length / rows;
  const position = truncation / (1 / (rows - 1));
  const row = Math.min(Math.floor(position), rows - 1);
  const fraction = position - row;
  const lower = table.subarray(row * channels, (row + 1) * channels);
  if (fraction === 0 || row === rows - 1) return lower.slice();
  const upper = table.subarray((row + 1) * channels, (row + 2) * channels);
  return lower.map((value, c) => value * fraction + (upper[c] as number) * (1 - fraction));
}
