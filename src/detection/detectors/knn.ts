import type { Activations, Detector } from "../detector.ts";
import { UndefinedScore } from "../detector.ts";

/**
 * k-th nearest neighbour (Sun et al. 2022): conf = −d²_K, the squared L2 distance to the K-th nearest of the
 * normalised train features. The bank is the clean (unaugmented) real train set, never synthetic images.
 *
 * Undefined where K exceeds the bank, and where a feature vector is 0 or not finite: it has no direction.
 */
export const knn: Detector<{ readonly K: number }> = {
  name: "knn",
  title: "KNN",
  source: "Sun et al. 2022",
  formula: "Minus the squared distance of the normalised feature to its K-th nearest of the train set.",
  parameters: [
    {
      name: "K",
      title: "Neighbours K",
      explain: "Which nearest train image the distance is measured to.",
      kind: "number",
      integer: true,
      min: 1,
      max: 1_000_000,
    },
  ],
  presets: {
    paper: { K: 50 },
    "v1.5": { K: 50 },
    quick: ({ train }) => ({ K: Math.max(1, Math.round(train / 1000)) }),
  },
  quickRule: "K is a thousandth of the train images, at least 1: the 50 of 50,000.",
  grid: { K: [50, 100, 200, 500, 1000] },
  deviations: ["The fork's bank holds randomly augmented train images; here it holds them as they are."],
  fitsOn: "train",
  readsLogits: false,
  readsFeatures: true,
  async fit({ train, featureDim }, { K }, kernels) {
    if (K > train.count) throw new UndefinedScore(`K = ${K} exceeds the ${train.count} train images of the bank`);
    const bank = await kernels.openBank(normaliseRows(train, featureDim, "train"), featureDim);
    return {
      score: async (activations) => {
        const squared = await bank.kthSquaredDistances(normaliseRows(activations, featureDim, "scored"), K);
        return squared.map((distance) => -distance);
      },
      dispose: () => bank.dispose(),
    };
  },
};

/**
 * f/‖f‖₂ + 1e-10 in float32: OpenOOD adds the epsilon after the division, so it shifts every entry and does not guard
 * the norm. Throws UndefinedScore at a feature vector without a direction.
 */
export function normaliseRows({ count, features }: Activations, dim: number, which: "train" | "scored"): Float32Array {
  if (features.length !== count * dim) {
    throw new RangeError(`${features.length} features for ${count} images of ${dim} dimensions.`);
  }
  const rows = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    let squares = 0;
    for (let k = i * dim; k < (i + 1) * dim; k++) squares += (features[k] as number) ** 2;
    const norm = Math.sqrt(squares);
    if (!(norm > 0 && Number.isFinite(norm))) {
      const image = which === "train" ? `train image ${i} of ${count}` : "a scored image";
      throw new UndefinedScore(`the feature vector of ${image} has norm ${norm}, so no direction`);
    }
    for (let k = i * dim; k < (i + 1) * dim; k++) {
      rows[k] = Math.fround((features[k] as number) / norm) + 1e-10;
    }
  }
  return rows;
}
