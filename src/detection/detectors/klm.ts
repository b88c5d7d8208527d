import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { predictions } from "../../metrics/accuracy.ts";
import { type Activations, type Detector, UndefinedScore } from "../detector.ts";
import { checkFinite } from "../fitting/finite.ts";
import { quickLog } from "../fitting/quickMath.ts";

/**
 * KL matching (Hendrycks et al. 2022): conf = −min_k KL(p ‖ d_k), where the template d_k is the mean softmax of the
 * ID-val images that are predicted as class k.
 *
 * OpenOOD v1.5 also divides p and d_k by their sums; those are 1 to float32 rounding, which moves no score by more
 * than 1e-6.
 */
export const klm: Detector<{ readonly empty: string }> = {
  name: "klm",
  title: "KLM",
  source: "Hendrycks et al. 2022",
  formula: "Minus the smallest divergence of the softmax from a class's mean softmax: −min KL(p ‖ d).",
  parameters: [
    {
      name: "empty",
      title: "Class never predicted",
      explain: "What stands for the mean softmax of a class that no ID-val image is predicted as.",
      kind: "choice",
      options: [
        { value: "undefined", title: "Nothing: the score is undefined (paper)" },
        { value: "one-hot", title: "Probability 1 for that class (v1.5)" },
      ],
    },
  ],
  presets: { paper: { empty: "undefined" }, "v1.5": { empty: "one-hot" }, quick: () => ({ empty: "one-hot" }) },
  quickRule: "A class that no ID-val image is predicted as gets probability 1 for itself, as in OpenOOD v1.5.",
  grid: {},
  deviations: [
    "Where a class is never predicted on ID-val the fork's template is NaN and its evaluation stops; here the score is undefined and names the classes.",
  ],
  fitsOn: "val",
  readsLogits: true,
  readsFeatures: false,
  async fit({ val, classes }, { empty }, kernels) {
    const templates = await meanSoftmaxByPrediction(val, classes, empty, kernels);
    const logTemplates = Float32Array.from(templates, quickLog);
    return {
      score: ({ logits }) => kernels.templateMatch(logits, classes, logTemplates),
      state: { templates },
    };
  },
};

/** [classes, classes], one template per row. */
async function meanSoftmaxByPrediction(
  val: Activations,
  classes: number,
  empty: string,
  kernels: DenseKernels,
): Promise<Float64Array> {
  if (val.count === 0) throw new UndefinedScore("there is no ID-val image to take a class's mean softmax over");
  checkFinite(val.logits, val.count, "logit", "ID-val");
  const predicted = predictions(val.logits, classes);
  const probabilities = await kernels.softmax(val.logits, classes);
  const templates = new Float64Array(classes * classes);
  const counts = new Int32Array(classes);
  for (const [i, k] of predicted.entries()) {
    counts[k] = (counts[k] as number) + 1;
    for (let j = 0; j < classes; j++) {
      templates[k * classes + j] = (templates[k * classes + j] as number) + (probabilities[i * classes + j] as number);
    }
  }
  const missing = Array.from(counts.keys()).filter((k) => counts[k] === 0);
  if (missing.length > 0 && empty === "undefined") {
    throw new UndefinedScore(
      `none of the ${val.count} ID-val images is predicted as ${listed(missing)}, so there is no mean softmax of it`,
    );
  }
  for (const k of missing) templates[k * classes + k] = 1;
  for (let at = 0; at < templates.length; at++) {
    templates[at] = (templates[at] as number) / Math.max(1, counts[Math.floor(at / classes)] as number);
  }
  return templates;
}

/** "class 7", "the classes 1, 4 and 9", at most eight by number. */
function listed(classes: readonly number[]): string {
  if (classes.length === 1) return `class ${classes[0]}`;
  const shown = classes.slice(0, 8);
  const rest = classes.length - shown.length;
  const last = rest > 0 ? `${rest} more` : shown.pop();
  return `the classes ${shown.join(", ")} and ${last}`;
}
