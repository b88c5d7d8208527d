import { exactExp, exactLog } from "../../random/exactMath.ts";

/**
 * T · log Σ exp(z/T) of the `classes` logits that start at `offset`, in float64 with the largest taken out first, so
 * that nothing overflows; the same bits in every JavaScript engine.
 */
export function logSumExp(logits: Float32Array, offset: number, classes: number, temperature = 1): number {
  const top = largest(logits, offset, classes);
  return top + temperature * exactLog(shiftedSum(logits, offset, classes, top, temperature));
}

/** Largest softmax probability of that row over T: 1 / Σ exp((z − max z)/T), in [1/classes, 1]. */
export function topProbability(logits: Float32Array, offset: number, classes: number, temperature = 1): number {
  return 1 / shiftedSum(logits, offset, classes, largest(logits, offset, classes), temperature);
}

/** Largest of that row; NaN if any entry is NaN. */
export function largest(logits: Float32Array | Float64Array, offset: number, classes: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) top = Math.max(top, logits[offset + k] as number);
  return top;
}

/** Σ exp((z − top)/T) of that row. */
export function shiftedSum(
  logits: Float32Array,
  offset: number,
  classes: number,
  top: number,
  temperature: number,
): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += exactExp(((logits[offset + k] as number) - top) / temperature);
  return sum;
}
