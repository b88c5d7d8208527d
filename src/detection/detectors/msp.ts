import type { Detector } from "../detector.ts";

/**
 * Maximum softmax probability (Hendrycks & Gimpel 2017): conf = max p.
 *
 * The score is float32, as the reference's: above a margin of about 17 nats it saturates at exactly 1, and the tied
 * images count ½ in the AUROC. MLS and EBO do not saturate.
 */
export const msp: Detector<Record<never, never>> = {
  name: "msp",
  title: "MSP",
  source: "Hendrycks & Gimpel 2017",
  formula: "The largest softmax probability: max p.",
  parameters: [],
  presets: { paper: {}, "v1.5": {}, quick: () => ({}) },
  quickRule: null,
  grid: {},
  deviations: [],
  fitsOn: "nothing",
  readsLogits: true,
  readsFeatures: false,
  fit: ({ classes }, _, kernels) => ({ score: ({ logits }) => kernels.topProbability(logits, classes, 1) }),
};
