import { type Activations, type Detector, UndefinedScore } from "./detector.ts";
import { kthNearest } from "./nearest.ts";

/**
 * k-th nearest neighbour (Sun et al. 2022): conf = −d²_K, the squared L2 distance to the K-th nearest of the
 * normalised train features. The bank is the clean (unaugmented) real train set, never synthetic images.
 *
 * Undefined where K exceeds the bank, and where a feature vector is 0 or not finite: it has no direction.
 */
export const knn: Detector<{ K: number }> = {
  name: "knn",
  title: "KNN",
  defaults: { K: 50 },
  fit({ train, featureDim }, { K }) {
    if (!Number.isInteger(K) || K < 1) throw new RangeError(`KNN's K is a whole number from 1, not ${K}.`);
    if (K > train.count) throw new UndefinedScore(`K = ${K} exceeds the ${train.count} train images of the bank`);
    const bank = normaliseRows(train, featureDim, "train");
    return (activations) => {
      const squared = kthNearest(normaliseRows(activations, featureDim, "scored"), bank, featureDim, K);
      return Float32Array.from(squared, (distance) => -distance);
    };
  },
};

/**
 * f/‖f‖₂ + 1e-10 in float32: OpenOOD adds the epsilon after the division, so it shifts every entry and does not guard
 * the norm. Returned in float64 for the distance loops.
 */
export function normaliseRows({ count, features }: Activations, dim: number, which: string): Float64Array {
  if (features.length !== count * dim) {
    throw new RangeError(`${features.length} features for ${count} images of ${dim} dimensions.`);
  }
  const rows = new Float64Array(count * dim);
  for (let i = 0; i < count; i++) {
    let squares = 0;
    for (let k = i * dim; k < (i + 1) * dim; k++) squares += (features[k] as number) ** 2;
    const norm = Math.sqrt(squares);
    if (!(norm > 0 && Number.isFinite(norm))) {
      throw new UndefinedScore(
        `the feature vector of ${which} image ${i} of ${count} has norm ${norm}, so no direction`,
      );
    }
    for (let k = i * dim; k < (i + 1) * dim; k++) {
      rows[k] = Math.fround(Math.fround((features[k] as number) / norm) + 1e-10);
    }
  }
  return rows;
}
