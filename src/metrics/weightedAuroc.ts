import { checkScores, type Scores } from "./thresholds.ts";

/** OOD scores against the ID scores of the same detector: everything that AUROC needs, without the scores. */
export interface RankedOod {
  /** [n_ood], how many ID scores are below this image's. */
  readonly below: Uint32Array;
  /** [n_ood], how many ID scores are below or equal. */
  readonly upTo: Uint32Array;
}

/** The scores of one detector on one ID set and its OOD sets, sorted once for any number of weighted AUROCs. */
export interface RankedScores {
  /** [n_id], ID images by ascending score. */
  readonly idOrder: Uint32Array;
  readonly ood: readonly RankedOod[];
}

/** Sorts once, O(n log n). Throws UndefinedMetric for an empty set, NaN or an infinity. */
export function rankScores(id: Scores, ood: readonly Scores[]): RankedScores {
  checkScores(id, "ID");
  const idOrder = Uint32Array.from(id, (_, i) => i).sort((a, b) => (id[a] as number) - (id[b] as number));
  const sorted = Float64Array.from(idOrder, (image) => id[image] as number);
  return {
    idOrder,
    ood: ood.map((scores) => {
      checkScores(scores, "OOD");
      return {
        below: Uint32Array.from(scores, (score) => countWhile(sorted, (value) => value < score)),
        upTo: Uint32Array.from(scores, (score) => countWhile(sorted, (value) => value <= score)),
      };
    }),
  };
}

/**
 * The weighted AUROC of every OOD set when image i counts idWeights[i] times and OOD image j of set s oodWeights[s][j]
 * times: P(id > ood) + ½ P(id = ood) over the weighted images, O(n). Weights are counts ≥ 0 with a positive sum.
 */
export function weightedAurocs(
  { idOrder, ood }: RankedScores,
  idWeights: Uint32Array,
  oodWeights: readonly Uint32Array[],
): number[] {
  // cumulative[k] is the weight of the k lowest ID images.
  const cumulative = new Float64Array(idOrder.length + 1);
  let idTotal = 0;
  for (let k = 0; k < idOrder.length; k++) {
    idTotal += idWeights[idOrder[k] as number] as number;
    cumulative[k + 1] = idTotal;
  }
  return ood.map(({ below, upTo }, set) => {
    const weights = oodWeights[set] as Uint32Array;
    let oodTotal = 0;
    let twice = 0;
    for (let j = 0; j < weights.length; j++) {
      const weight = weights[j] as number;
      if (weight === 0) continue;
      oodTotal += weight;
      const under = (cumulative[below[j] as number] as number) + (cumulative[upTo[j] as number] as number);
      twice += weight * (2 * idTotal - under);
    }
    return twice / (2 * idTotal * oodTotal);
  });
}

/** Length of the leading stretch of an ascending array for which `holds` is true. */
function countWhile(ascending: Float64Array, holds: (value: number) => boolean): number {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(ascending[middle] as number)) from = middle + 1;
    else to = middle;
  }
  return from;
}
