import type { ImageOps, Value } from "../../../engine/ops/imageOps.ts";

export interface Truncation {
  apply(w: Value): Value;
  dispose(): void;
}

/** w_avg + ψ · (w − w_avg) of w [n, wWidth, 1, 1]. ψ = 1 changes nothing, ψ = 0 makes all images the mean's. */
export function truncation(ops: ImageOps, average: Float32Array, psi: number): Truncation {
  if (!Number.isFinite(psi)) throw new RangeError(`Truncation ψ is a number, not ${psi}.`);
  const shape = [1, average.length, 1, 1] as const;
  const scale = ops.upload(
    average.map(() => psi),
    shape,
  );
  const shift = ops.upload(
    average.map((value) => (1 - psi) * value),
    shape,
  );
  return {
    apply: (w) => ops.scaleShift(w, scale, shift),
    dispose() {
      ops.free(scale);
      ops.free(shift);
    },
  };
}
