import { type Scores, type Thresholds, thresholds } from "./thresholds.ts";

/** How well a score separates ID from OOD; fractions from 0 to 1. */
export interface OodMetrics {
  readonly nId: number;
  readonly nOod: number;
  /** P(id > ood) + ½ P(id = ood). */
  readonly auroc: number;
  /** ID positive: share of OOD accepted at the highest threshold that accepts at least 95 % of ID. */
  readonly fpr95Id: number;
  /** OOD positive: share of ID rejected at the lowest threshold that rejects at least 95 % of OOD. */
  readonly fpr95Ood: number;
  /** Area under precision–recall with ID positive, trapezoid from (R = 0, P = 1). Depends on the base rate. */
  readonly auprIn: number;
  /** The same with OOD positive on −confidence. */
  readonly auprOut: number;
}

/** All metrics from one shared sort. Throws UndefinedMetric for an empty group, NaN or an infinity. */
export function oodMetrics(id: Scores, ood: Scores): OodMetrics {
  return metricsOf(thresholds(id, ood));
}

/** All metrics from scores that are already sorted. */
export function metricsOf(sorted: Thresholds): OodMetrics {
  const flipped = fromBelow(sorted);
  return {
    nId: sorted.nId,
    nOod: sorted.nOod,
    auroc: rankSum(sorted),
    fpr95Id: falsePositivesAt95(sorted.idAtLeast, sorted.nId, sorted.oodAtLeast, sorted.nOod),
    fpr95Ood: falsePositivesAt95(flipped.oodAtMost, sorted.nOod, flipped.idAtMost, sorted.nId),
    auprIn: precisionRecallArea(sorted.idAtLeast, sorted.nId, sorted.oodAtLeast),
    auprOut: precisionRecallArea(flipped.oodAtMost, sorted.nOod, flipped.idAtMost),
  };
}

/** Area under the ROC curve; see {@link OodMetrics.auroc}. */
export function auroc(id: Scores, ood: Scores): number {
  return rankSum(thresholds(id, ood));
}

/** See {@link OodMetrics.fpr95Id}: OpenOOD v1.0, tag v1.5 and the paper. */
export function fpr95IdPositive(id: Scores, ood: Scores): number {
  return oodMetrics(id, ood).fpr95Id;
}

/** See {@link OodMetrics.fpr95Ood}: OpenOOD since August 2023. */
export function fpr95OodPositive(id: Scores, ood: Scores): number {
  return oodMetrics(id, ood).fpr95Ood;
}

/** See {@link OodMetrics.auprIn}. */
export function auprIn(id: Scores, ood: Scores): number {
  return oodMetrics(id, ood).auprIn;
}

/** See {@link OodMetrics.auprOut}. */
export function auprOut(id: Scores, ood: Scores): number {
  return oodMetrics(id, ood).auprOut;
}

// Sums are integers or halves below 2^53, so the only rounding is the final division.
function rankSum(sorted: Thresholds): number {
  let twice = 0;
  let idAbove = 0;
  let oodAbove = 0;
  for (let k = 0; k < sorted.value.length; k++) {
    const idTied = at(sorted.idAtLeast, k) - idAbove;
    const oodTied = at(sorted.oodAtLeast, k) - oodAbove;
    idAbove += idTied;
    oodAbove += oodTied;
    twice += idTied * (2 * (sorted.nOod - oodAbove) + oodTied);
  }
  return twice / (2 * sorted.nId * sorted.nOod);
}

function falsePositivesAt95(truePositives: Uint32Array, positives: number, falsePositives: Uint32Array, n: number) {
  let k = 0;
  while (at(truePositives, k) * 100 < positives * 95) k++;
  return at(falsePositives, k) / n;
}

function precisionRecallArea(truePositives: Uint32Array, positives: number, falsePositives: Uint32Array): number {
  let area = 0;
  let recall = 0;
  let precision = 1;
  for (let k = 0; k < truePositives.length; k++) {
    const hits = at(truePositives, k);
    const nextRecall = hits / positives;
    const nextPrecision = hits / (hits + at(falsePositives, k));
    area += ((nextRecall - recall) * (precision + nextPrecision)) / 2;
    recall = nextRecall;
    precision = nextPrecision;
  }
  return area;
}

/** Counts of scores ≤ each distinct score, from the smallest up: what OOD as the positive class needs. */
function fromBelow(sorted: Thresholds): { idAtMost: Uint32Array; oodAtMost: Uint32Array } {
  return {
    idAtMost: complement(sorted.idAtLeast, sorted.nId),
    oodAtMost: complement(sorted.oodAtLeast, sorted.nOod),
  };
}

function complement(atLeast: Uint32Array, n: number): Uint32Array {
  const last = atLeast.length - 1;
  return atLeast.map((_, k) => (k === last ? n : n - at(atLeast, last - 1 - k)));
}

function at(counts: Uint32Array, k: number): number {
  return counts[k] as number;
}
