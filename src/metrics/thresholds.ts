/** Confidences: LARGER = MORE IN-DISTRIBUTION. */
export type Scores = Float32Array | Float64Array;

/** A metric that has no value for this input, with the reason. Written as an empty field, never as NaN. */
export class UndefinedMetric extends Error {
  constructor(because: string) {
    super(`undefined, because ${because}`);
    this.name = "UndefinedMetric";
  }
}

/**
 * ID and OOD scores sorted together: one entry per distinct score, from the largest down, so that tied scores move
 * together. Every metric and curve of this room reads from here; this is the only sort.
 */
export interface Thresholds {
  readonly nId: number;
  readonly nOod: number;
  /** Distinct scores, strictly descending; −0 and +0 are one score. */
  readonly value: Float64Array;
  /** How many ID scores are ≥ value[k]; the last entry is nId. */
  readonly idAtLeast: Uint32Array;
  /** How many OOD scores are ≥ value[k]; the last entry is nOod. */
  readonly oodAtLeast: Uint32Array;
}

/**
 * Sorts both groups and merges them into distinct thresholds, O(n log n).
 * Throws UndefinedMetric when a group is empty or holds NaN or an infinity.
 */
export function thresholds(id: Scores, ood: Scores): Thresholds {
  const a = descending(id, "ID");
  const b = descending(ood, "OOD");
  const most = a.length + b.length;
  const value = new Float64Array(most);
  const idAtLeast = new Uint32Array(most);
  const oodAtLeast = new Uint32Array(most);
  let i = 0;
  let j = 0;
  let k = 0;
  while (i < a.length || j < b.length) {
    const score = Math.max(a[i] ?? -Infinity, b[j] ?? -Infinity);
    while (i < a.length && a[i] === score) i++;
    while (j < b.length && b[j] === score) j++;
    value[k] = score;
    idAtLeast[k] = i;
    oodAtLeast[k] = j;
    k++;
  }
  return {
    nId: a.length,
    nOod: b.length,
    value: value.subarray(0, k),
    idAtLeast: idAtLeast.subarray(0, k),
    oodAtLeast: oodAtLeast.subarray(0, k),
  };
}

function descending(scores: Scores, group: string): Float64Array {
  checkScores(scores, group);
  return Float64Array.from(scores).sort().reverse();
}

/** Throws UndefinedMetric for a group that is empty or holds NaN or an infinity. */
export function checkScores(scores: Scores, group: string): void {
  if (scores.length === 0) throw new UndefinedMetric(`there is no ${group} score`);
  const bad = scores.findIndex((score: number) => !Number.isFinite(score));
  if (bad >= 0) throw new UndefinedMetric(`${group} score ${bad} of ${scores.length} is ${scores[bad]}`);
}
