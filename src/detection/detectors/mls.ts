import type { Detector } from "../detector.ts";

/** Maximum logit score (Hendrycks et al. 2022): conf = max z. */
export const mls: Detector<Record<never, never>> = {
  name: "mls",
  title: "MLS",
  source: "Hendrycks et al. 2022",
  formula: "The largest logit: max z.",
  parameters: [],
  presets: { paper: {}, "v1.5": {}, quick: () => ({}) },
  quickRule: null,
  grid: {},
  deviations: [],
  fitsOn: "nothing",
  readsLogits: true,
  readsFeatures: false,
  fit: ({ classes }, _, kernels) => ({ score: ({ logits }) => kernels.rowMaxima(logits, classes) }),
};
