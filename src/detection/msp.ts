import type { Detector } from "./detector.ts";
import { logitScore } from "./logitScore.ts";
import { topProbability } from "./logSumExp.ts";

/**
 * Maximum softmax probability (Hendrycks & Gimpel 2017): conf = max p.
 *
 * The score is float32, as the reference's: above a margin of about 17 nats it saturates at exactly 1, and the tied
 * images count ½ in the AUROC. MLS and EBO do not saturate.
 */
export const msp: Detector<Record<never, number>> = {
  name: "msp",
  title: "MSP",
  defaults: {},
  fit: ({ classes }) => logitScore(classes, topProbability),
};
