import { type Detector, UndefinedScore } from "../detector.ts";
import { checkFinite } from "../fitting/finite.ts";
import { percentile } from "../fitting/percentile.ts";

/**
 * DICE (Sun & Li 2022): only the weights of the head that contribute most on the train set are kept, and the energy
 * is the score. A weight's contribution is W_kj · m_j, m the mean train feature; those strictly above the percentile
 * stay: conf = log Σ exp((W ∘ mask) · f + b).
 */
export const dice: Detector<{ readonly p: number }> = {
  name: "dice",
  title: "DICE",
  source: "Sun & Li 2022",
  formula: "log Σ exp((W ∘ mask) · f + b), the mask of the weights that contribute most on average.",
  parameters: [
    {
      name: "p",
      title: "Sparsity p",
      explain: "Percent of the head's weights that are set to 0: those that contribute least on the train set.",
      kind: "number",
      integer: false,
      min: 0,
      max: 100,
    },
  ],
  presets: { paper: { p: 90 }, "v1.5": { p: 90 }, quick: () => ({ p: 90 }) },
  quickRule: null,
  grid: {},
  deviations: ["The fork's mean feature is of randomly augmented train images; here it is of the images as they are."],
  fitsOn: "train",
  readsLogits: false,
  readsFeatures: true,
  async fit({ train, head, featureDim, classes }, { p }, kernels) {
    if (train.count === 0) throw new UndefinedScore("there are no train images whose features have a mean");
    const sums = await kernels.columnSums(train.features, featureDim);
    const meanFeature = sums.map((sum) => sum / train.count);
    const contributions = Float64Array.from(head.weight, (weight, at) => weight * (meanFeature[at % featureDim] ?? 0));
    const threshold = percentile(contributions, p);
    if (!Number.isFinite(threshold)) {
      checkFinite(train.features, train.count, "feature", "train");
      throw new UndefinedScore(`percentile ${p} of the weights' mean contributions is ${threshold}`);
    }
    const mask = Float32Array.from(contributions, (contribution) => (contribution > threshold ? 1 : 0));
    const sparse = { weight: head.weight.map((weight, at) => weight * (mask[at] ?? 0)), bias: head.bias };
    return {
      state: { threshold, meanFeature, mask },
      score: async ({ features }) =>
        kernels.logSumExp(await kernels.headLogits(features, featureDim, sparse, Number.POSITIVE_INFINITY), classes, 1),
    };
  },
};
