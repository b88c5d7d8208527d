/// <reference path="./jstat.d.ts" />
import jStat from "jstat";

/** A range of plausible values, ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export const CONFIDENCE = 0.95;

/**
 * The value below which Student's t with `df` degrees of freedom lies with probability p; relative error below 1e-8
 * in the tails (p ≤ 0.1 or p ≥ 0.9), where intervals read it, 2e-6 between them.
 * Throws RangeError unless 0 < p < 1 and df ≥ 1.
 */
export function tQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`A quantile is asked for a probability between 0 and 1, not ${p}.`);
  if (!(df >= 1 && Number.isFinite(df))) {
    throw new RangeError(`Student's t needs 1 degree of freedom or more, not ${df}.`);
  }
  if (p === 0.5) return 0;
  const rough = jStat.studentt.inv(p, df);
  // jstat's root finder stops at about 1e-8; its distribution function is better than that, so one Newton step pays.
  return rough - (jStat.studentt.cdf(rough, df) - p) / jStat.studentt.pdf(rough, df);
}

/** t(1 − (1 − confidence) / 2; n − 1) · sd / √n: half the width of the two-sided interval of a mean of n ≥ 2 values. */
export function tHalfWidth(sd: number, n: number, confidence = CONFIDENCE): number {
  return (tQuantile((1 + confidence) / 2, n - 1) * sd) / Math.sqrt(n);
}

/** Two-sided interval of the mean of n ≥ 2 normal values with sample σ `sd` (ddof 1). */
export function tInterval(mean: number, sd: number, n: number, confidence = CONFIDENCE): Interval {
  const half = tHalfWidth(sd, n, confidence);
  return { low: mean - half, high: mean + half };
}

/** Whether an interval leaves 0 outside: touching it does not count. */
export function excludesZero({ low, high }: Interval): boolean {
  return low > 0 || high < 0;
}
