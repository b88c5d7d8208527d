import { type Detector, UndefinedScore } from "../detector.ts";

/** Energy and the feature's size, in units of ID-val's mean: conf = log Σ exp(z) + γ · ‖f‖₁ / mean ‖f‖₁. */
export const sizedEnergy: Detector<{ readonly gamma: number }> = {
  name: "sizedenergy",
  title: "Sized energy",
  source: "docs/detectors.md",
  formula: "log Σ exp(z) + γ · ‖f‖₁ / mean ‖f‖₁, the mean over ID-val.",
  parameters: [
    { name: "gamma", title: "γ", explain: "Weight of the size.", kind: "number", integer: false, min: 0, max: 100 },
  ],
  presets: { paper: { gamma: 1 }, "v1.5": { gamma: 1 }, quick: () => ({ gamma: 1 }) },
  quickRule: null,
  grid: { gamma: [0, 1, 2, 5] },
  deviations: [],
  fitsOn: "val",
  readsLogits: true,
  readsFeatures: true,
  async fit({ val, featureDim, classes }, { gamma }, kernels) {
    const sizes = await kernels.absoluteSums(val.features, featureDim);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / val.count;
    if (!(mean > 0)) throw new UndefinedScore(`the mean size of the ${val.count} ID-val features is ${mean}`);
    return {
      state: { mean },
      score: async ({ logits, features }) => {
        const energies = await kernels.logSumExp(logits, classes, 1);
        const own = await kernels.absoluteSums(features, featureDim);
        return energies.map((energy, i) => energy + (gamma * (own[i] as number)) / mean);
      },
    };
  },
};
