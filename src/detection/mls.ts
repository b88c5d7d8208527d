import type { Detector } from "./detector.ts";
import { logitScore } from "./logitScore.ts";
import { largest } from "./logSumExp.ts";

/** Maximum logit score (Hendrycks et al. 2022): conf = max z. */
export const mls: Detector<Record<never, number>> = {
  name: "mls",
  title: "MLS",
  defaults: {},
  fit: ({ classes }) => logitScore(classes, largest),
};
