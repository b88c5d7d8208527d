import type { Detector } from "./detector.ts";
import { logitScore } from "./logitScore.ts";
import { logSumExp } from "./logSumExp.ts";

/** Energy-based OOD detection (Liu et al. 2020): conf = T · log Σ exp(z/T), the negative free energy. */
export const ebo: Detector<{ T: number }> = {
  name: "ebo",
  title: "EBO",
  defaults: { T: 1 },
  fit({ classes }, { T }) {
    if (!(T > 0 && Number.isFinite(T))) throw new RangeError(`EBO's temperature T is a positive number, not ${T}.`);
    return logitScore(classes, (logits, offset) => logSumExp(logits, offset, classes, T));
  },
};
