import { type Detector, UndefinedScore } from "../detector.ts";
import { checkFinite } from "../fitting/finite.ts";
import { percentile } from "../fitting/percentile.ts";

/**
 * ReAct (Sun et al. 2021) as OpenOOD has it: activations above a percentile of all ID-val activations are cut off
 * before the head, and the energy of what comes out is the score: conf = log Σ exp(W · min(f, c) + b).
 */
export const react: Detector<{ readonly percentile: number }> = {
  name: "react",
  title: "ReAct",
  source: "Sun et al. 2021",
  formula: "log Σ exp(W · min(f, c) + b), c a percentile of the activations.",
  parameters: [
    {
      name: "percentile",
      title: "Percentile",
      explain: "Activations above this percentile of all ID-val activations are cut off.",
      kind: "number",
      integer: false,
      min: 0,
      max: 100,
    },
  ],
  presets: { paper: { percentile: 90 }, "v1.5": { percentile: 90 }, quick: () => ({ percentile: 90 }) },
  quickRule: null,
  grid: { percentile: [85, 90, 95, 99] },
  deviations: [],
  fitsOn: "val",
  readsLogits: false,
  readsFeatures: true,
  fit({ val, head, featureDim, classes }, params, kernels) {
    if (val.count === 0) throw new UndefinedScore("there are no ID-val images whose activations have a percentile");
    const threshold = percentile(val.features, params.percentile);
    if (!Number.isFinite(threshold)) {
      checkFinite(val.features, val.count, "feature", "ID-val");
      throw new UndefinedScore(`percentile ${params.percentile} of the ID-val activations is ${threshold}`);
    }
    return {
      state: { threshold },
      score: async ({ features }) =>
        kernels.logSumExp(await kernels.headLogits(features, featureDim, head, threshold), classes, 1),
    };
  },
};
