import type { Histogram } from "../study/result.ts";
import { type Scores, type Thresholds, thresholds } from "./thresholds.ts";

/** ROC with ID as the positive class, from (0, 0) to (1, 1), both coordinates never falling. */
export interface RocCurve {
  /** Share of OOD accepted. */
  readonly fpr: number[];
  /** Share of ID accepted. */
  readonly tpr: number[];
}

/**
 * The ROC curve for drawing: at most `maxPoints` (≥ 2) of its true vertices, spread evenly along the curve, both
 * ends among them. Metrics never read this. Throws UndefinedMetric as {@link thresholds} does.
 */
export function rocCurve(id: Scores, ood: Scores, maxPoints: number): RocCurve {
  return rocOf(thresholds(id, ood), maxPoints);
}

/** {@link rocCurve} from scores that are already sorted. */
export function rocOf(sorted: Thresholds, maxPoints: number): RocCurve {
  if (!Number.isInteger(maxPoints) || maxPoints < 2) {
    throw new RangeError(`A ROC curve is drawn from 2 points or more, not ${maxPoints}.`);
  }
  const vertices = sorted.value.length;
  const tprAt = (k: number) => (sorted.idAtLeast[k] as number) / sorted.nId;
  const fprAt = (k: number) => (sorted.oodAtLeast[k] as number) / sorted.nOod;
  const fpr = [0];
  const tpr = [0];
  // A staircase from (0,0) to (1,1) has length fpr + tpr at each vertex: one vertex per equal share of that length.
  const step = vertices + 1 <= maxPoints ? 0 : 2 / (maxPoints - 1);
  let next = step;
  for (let k = 0; k < vertices - 1; k++) {
    const along = tprAt(k) + fprAt(k);
    if (along < next || fpr.length === maxPoints - 1) continue;
    fpr.push(fprAt(k));
    tpr.push(tprAt(k));
    if (step > 0) next = (Math.floor(along / step) + 1) * step;
  }
  fpr.push(1);
  tpr.push(1);
  return { fpr, tpr };
}

/**
 * Counts of both groups in `bins` equal bins from the smallest to the largest score, the last bin closed; where all scores are equal,
 * the range is widened by ½ on each side. Throws UndefinedMetric as {@link thresholds} does.
 */
export function histogram(id: Scores, ood: Scores, bins: number): Histogram {
  return histogramOf(thresholds(id, ood), bins);
}

/** {@link histogram} from scores that are already sorted. */
export function histogramOf(sorted: Thresholds, bins: number): Histogram {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`A histogram has 1 bin or more, not ${bins}.`);
  const top = sorted.value[0] as number;
  const bottom = sorted.value[sorted.value.length - 1] as number;
  const margin = top > bottom ? 0 : 0.5;
  const lo = bottom - margin;
  const hi = top + margin;
  const idCounts = new Array<number>(bins).fill(0);
  const oodCounts = new Array<number>(bins).fill(0);
  let idAbove = 0;
  let oodAbove = 0;
  for (let k = 0; k < sorted.value.length; k++) {
    const bin = Math.min(bins - 1, Math.floor((((sorted.value[k] as number) - lo) / (hi - lo)) * bins));
    const idHere = sorted.idAtLeast[k] as number;
    const oodHere = sorted.oodAtLeast[k] as number;
    idCounts[bin] = (idCounts[bin] as number) + idHere - idAbove;
    oodCounts[bin] = (oodCounts[bin] as number) + oodHere - oodAbove;
    idAbove = idHere;
    oodAbove = oodHere;
  }
  return { lo, hi, id: idCounts, ood: oodCounts };
}
