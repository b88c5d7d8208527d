import type { SetResult } from "../../study/result.ts";

/** Confidences of one OOD test set. */
export interface ThresholdSet {
  readonly name: string;
  readonly group: Group;
  /** Ascending. */
  readonly scores: Float64Array;
}

/** Everything that a moving threshold is read against, sorted once. An image is accepted as ID when its score ≥ threshold. */
export interface ThresholdScores {
  /** ID test, ascending. */
  readonly id: Float64Array;
  readonly ood: readonly ThresholdSet[];
  /** Every distinct score, ascending, and +∞ behind them: the thresholds that differ. */
  readonly candidates: Float64Array;
  /** false: each score is known only by the histogram bin that it lies in. */
  readonly exact: boolean;
  /** The largest threshold that accepts at least 95 % of ID: that of FPR@95 with ID positive. */
  readonly id95: number;
  /** The smallest threshold that rejects at least 95 % of the OOD images of all sets together. */
  readonly ood95: number;
}

type Scores = Float32Array | Float64Array;
type Group = "near" | "far";

/** Sorts the scores of the ID test set and of each OOD test set; null where one of them has none. */
export function thresholdScores(
  id: Scores,
  ood: readonly { readonly name: string; readonly group: Group; readonly scores: Scores }[],
): ThresholdScores | null {
  const sets = ood.map(({ name, group, scores }) => ({ name, group, scores: Float64Array.from(scores).sort() }));
  return fromSorted(Float64Array.from(id).sort(), sets, true);
}

/**
 * The same from histograms, every image at the lower edge of its bin: shares are right at the edges of the set whose ID
 * histogram is finest, and off by at most one bin elsewhere. null without a histogram.
 */
export function histogramScores(results: readonly SetResult[]): ThresholdScores | null {
  const drawn = results.flatMap(({ set, group, histogram }) => (histogram === null ? [] : [{ set, group, histogram }]));
  const [finest] = drawn.toSorted((a, b) => a.histogram.hi - a.histogram.lo - (b.histogram.hi - b.histogram.lo));
  if (finest === undefined) return null;
  return fromSorted(
    atLowerEdges(finest.histogram.id, finest.histogram),
    drawn.map(({ set, group, histogram }) => ({ name: set, group, scores: atLowerEdges(histogram.ood, histogram) })),
    false,
  );
}

function atLowerEdges(counts: readonly number[], { lo, hi }: { readonly lo: number; readonly hi: number }) {
  const scores = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let from = 0;
  counts.forEach((count, bin) => {
    scores.fill(lo + ((hi - lo) * bin) / counts.length, from, from + count);
    from += count;
  });
  return scores;
}

/** All scores ascending. Linear in their number: a drag over α comes through here for every cell. */
function fromSorted(id: Float64Array, ood: readonly ThresholdSet[], exact: boolean): ThresholdScores | null {
  if (id.length === 0 || ood.length === 0 || ood.some((set) => set.scores.length === 0)) return null;
  const finite = ood.reduce((all, set) => union(all, distinct(set.scores)), distinct(id));
  const candidates = new Float64Array(finite.length + 1);
  candidates.set(finite);
  candidates[finite.length] = Number.POSITIVE_INFINITY;
  const id95 = id[id.length - Math.ceil(0.95 * id.length)] as number;
  return { id, ood, candidates, exact, id95, ood95: catching95(ood, candidates) };
}

/** The first candidate below which at least 95 % of all OOD images lie. */
function catching95(ood: readonly ThresholdSet[], candidates: Float64Array): number {
  const total = ood.reduce((sum, set) => sum + set.scores.length, 0);
  const caught = (threshold: number): number =>
    total - ood.reduce((sum, set) => sum + countAtLeast(set.scores, threshold), 0);
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (caught(candidates[middle] as number) >= Math.ceil(0.95 * total)) high = middle;
    else low = middle + 1;
  }
  return candidates[low] as number;
}

function distinct(sorted: Float64Array): Float64Array {
  return sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
}

/** What is in either of two strictly ascending lists, strictly ascending. */
function union(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  let n = 0;
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    if (a[i] === value) i++;
    if (b[j] === value) j++;
    all[n++] = value;
  }
  return all.subarray(0, n);
}

/** How many of the ascending scores are ≥ threshold. */
export function countAtLeast(sorted: Float64Array, threshold: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < threshold) low = middle + 1;
    else high = middle;
  }
  return sorted.length - low;
}

/** What a threshold does to one OOD set. */
export interface SetReading {
  readonly name: string;
  readonly group: Group;
  readonly n: number;
  readonly accepted: number;
  /** Share of OOD accepted: false positives, ID positive. */
  readonly fpr: number;
  /** ID among the accepted of ID test and this set together; null where nothing is accepted. */
  readonly precision: number | null;
}

export interface Reading {
  readonly nId: number;
  readonly idAccepted: number;
  /** Share of ID accepted. */
  readonly tpr: number;
  readonly sets: readonly SetReading[];
}

/** Binary searches only: cheap enough for every move of the slider. */
export function readAt(scores: ThresholdScores, threshold: number): Reading {
  const idAccepted = countAtLeast(scores.id, threshold);
  return {
    nId: scores.id.length,
    idAccepted,
    tpr: idAccepted / scores.id.length,
    sets: scores.ood.map((set) => {
      const accepted = countAtLeast(set.scores, threshold);
      return {
        name: set.name,
        group: set.group,
        n: set.scores.length,
        accepted,
        fpr: accepted / set.scores.length,
        precision: idAccepted + accepted === 0 ? null : idAccepted / (idAccepted + accepted),
      };
    }),
  };
}

/** Steps of the slider: each passes the same share of the distinct scores, so that crowded ranges get more of it. */
export const THRESHOLD_STEPS = 1000;

export function thresholdAt({ candidates }: ThresholdScores, step: number): number {
  return candidates[Math.round((step / THRESHOLD_STEPS) * (candidates.length - 1))] as number;
}

export function stepOf({ candidates }: ThresholdScores, threshold: number): number {
  const below = candidates.length - countAtLeast(candidates, threshold);
  return Math.round((Math.min(below, candidates.length - 1) / (candidates.length - 1)) * THRESHOLD_STEPS);
}

/** Indices of the `count` scores nearest to the threshold, nearest first; ties in the order of the images. */
export function nearestTo(scores: ArrayLike<number>, threshold: number, count: number): number[] {
  const best: { index: number; distance: number }[] = [];
  for (let index = 0; index < scores.length; index++) {
    const distance = Math.abs((scores[index] as number) - threshold);
    const last = best[count - 1];
    if (last !== undefined && distance >= last.distance) continue;
    let at = best.length;
    while (at > 0 && (best[at - 1] as { distance: number }).distance > distance) at--;
    best.splice(at, 0, { index, distance });
    if (best.length > count) best.pop();
  }
  return best.map((item) => item.index);
}
