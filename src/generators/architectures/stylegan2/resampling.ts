import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { ImageOps, Value } from "../../../engine/ops/imageOps.ts";

/** Taps of a separable filter as they are correlated with; their sum is 1. */
export type Taps = readonly number[];

/** The filter [1, 3, 3, 1] / 8, which StyleGAN2 uses where nothing else is said. */
export const DEFAULT_TAPS: Taps = [0.125, 0.375, 0.375, 0.125];

/**
 * Taps of a stored filter f, [k] or [k, k] = t ⊗ t. StyleGAN2 convolves with it, hence in reverse.
 * @throws CheckpointError where it is not separable, or shorter than two taps
 */
export function tapsOf(name: string, filter: Float32Array, shape: readonly number[]): Taps {
  const side = shape[0] ?? 0;
  if (side < 2 || side > 64 || shape.length > 2 || shape.at(-1) !== side)
    throw new CheckpointError(
      `${name} has shape [${shape.join(", ")}], expected 2 to 64 taps, square where it is 2-D.`,
    );
  const taps = Array.from({ length: side }, (_, i) =>
    shape.length === 1
      ? (filter[i] as number)
      : filter.subarray(i * side, (i + 1) * side).reduce((sum, value) => sum + value, 0),
  );
  const separable =
    shape.length === 1 ||
    filter.every((value, i) => {
      const product = (taps[Math.floor(i / side)] as number) * (taps[i % side] as number);
      return Math.abs(value - product) <= 1e-5;
    });
  if (!separable)
    throw new CheckpointError(`${name} is not the product of a row and a column: it is not computed here.`);
  return taps.reverse();
}

/** Twice the size, keeping brightness: zeros between the pixels, then the filter. Outside is 0. */
export function upsample(ops: ImageOps, x: Value, taps: Taps, gain = 1): Value {
  return ops.filter(x, taps, 2, [Math.floor((taps.length + 1) / 2), Math.floor(taps.length / 2) - 1], 4 * gain);
}

/** What the filter does behind a transposed 3×3 convolution of stride 2: [2h + 1] becomes [2h]. */
export function smooth(ops: ImageOps, x: Value, taps: Taps): Value {
  return ops.filter(x, taps, 1, [Math.floor((taps.length + 1) / 2) - 1, Math.floor(taps.length / 2) - 1], 4);
}
