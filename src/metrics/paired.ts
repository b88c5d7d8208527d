import { meanAndSigma } from "./spread.ts";
import { excludesZero, type Interval, tHalfWidth, tInterval } from "./studentT.ts";

/** Below this many common seeds no difference is judged. */
export const PAIRED_SEEDS = 3;
/** Further seeds beyond which their number says only "many". */
export const MOST_MORE_SEEDS = 100;

/** What the interval of a difference says, where a larger value is better. */
export type Verdict = "too few seeds" | "unresolved" | "better" | "worse";

/** How setting a differs from b over the seeds that both have. Differences are a − b. */
export interface PairedDifference {
  readonly n: number;
  readonly mean: number;
  /** Sample σ of the differences (ddof 1); null for one seed. */
  readonly sd: number | null;
  /** Two-sided 95 % t-interval of the mean difference; null below PAIRED_SEEDS. */
  readonly interval: Interval | null;
  /** Pearson's r of the two columns: what pairing gains. null below PAIRED_SEEDS or where a column is constant. */
  readonly correlation: number | null;
  readonly verdict: Verdict;
  /**
   * Where unresolved: further seeds after which the interval would exclude zero if mean and σ stayed as they are;
   * Infinity beyond MOST_MORE_SEEDS. null otherwise.
   */
  readonly moreSeeds: number | null;
}

/**
 * a − b over the seeds present in both maps (seed → value): seeds are pairs, so that what the seed alone does cancels.
 * null when no seed is shared. Throws RangeError for NaN or an infinity.
 */
export function pairedDifference(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): PairedDifference | null {
  const seeds = [...a.keys()].filter((seed) => b.has(seed));
  const left = seeds.map((seed) => a.get(seed) as number);
  const right = seeds.map((seed) => b.get(seed) as number);
  const summary = meanAndSigma(left.map((value, i) => value - (right[i] as number)));
  if (summary === null) return null;
  const { n, mean, sampleSigma: sd } = summary;
  const judged = n >= PAIRED_SEEDS && sd !== null;
  const interval = judged ? tInterval(mean, sd, n) : null;
  const verdict = verdictOf(mean, interval);
  return {
    n,
    mean,
    sd,
    interval,
    correlation: judged ? correlation(left, right) : null,
    verdict,
    moreSeeds: judged && verdict === "unresolved" ? moreSeeds(mean, sd, n) : null,
  };
}

function verdictOf(mean: number, interval: Interval | null): Verdict {
  if (interval === null) return "too few seeds";
  if (!excludesZero(interval)) return "unresolved";
  return mean > 0 ? "better" : "worse";
}

/** Smallest n′ − n with t(n′ − 1) · sd / √n′ < |mean|; Infinity beyond MOST_MORE_SEEDS. */
export function moreSeeds(mean: number, sd: number, n: number): number {
  for (let more = 1; more <= MOST_MORE_SEEDS; more++) {
    if (tHalfWidth(sd, n + more) < Math.abs(mean)) return more;
  }
  return Number.POSITIVE_INFINITY;
}

/** Pearson's r of two columns of equal length; null where one of them is constant. */
export function correlation(x: readonly number[], y: readonly number[]): number | null {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  x.forEach((value, i) => {
    const dx = value - meanX;
    const dy = (y[i] as number) - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  });
  if (constant(x) || constant(y)) return null;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

// Equal values may miss their rounded mean by a bit, so that their squares do not sum to zero.
function constant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
