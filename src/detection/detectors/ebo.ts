import type { Detector } from "../detector.ts";

/** Energy-based OOD detection (Liu et al. 2020): conf = T · log Σ exp(z/T), the negative free energy. */
export const ebo: Detector<{ readonly T: number }> = {
  name: "ebo",
  title: "EBO",
  source: "Liu et al. 2020",
  formula: "The negative free energy: T · log Σ exp(z/T).",
  parameters: [
    {
      name: "T",
      title: "Temperature",
      explain: "Divides the logits; towards large T the score becomes their mean.",
      kind: "number",
      integer: false,
      min: 1e-3,
      max: 1e6,
    },
  ],
  presets: { paper: { T: 1 }, "v1.5": { T: 1 }, quick: () => ({ T: 1 }) },
  quickRule: null,
  grid: { T: [1, 10, 100, 1000] },
  deviations: [],
  fitsOn: "nothing",
  readsLogits: true,
  readsFeatures: false,
  fit: ({ classes }, { T }, kernels) => ({ score: ({ logits }) => kernels.logSumExp(logits, classes, T) }),
};
