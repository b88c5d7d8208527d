import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { type Activations, type Detector, UndefinedScore } from "../detector.ts";
import { type ClassModels, distance, fitClassModels } from "../fitting/openmaxFit.ts";
import { weibullCdf } from "../fitting/weibull.ts";

/**
 * OpenMax (Bendale & Boult 2016), in logit space as OpenOOD: the logits of the `alpha` top ranks are lowered by how
 * unusually far the image lies from the mean of that class, and what they lose together is the logit u of "unknown".
 * The softmax over K + 1 is taken with the largest logit out first, so that it is finite where the reference's
 * overflows (logits above 709) and the same elsewhere.
 */
export const openmax: Detector<{ readonly tail: number; readonly alpha: number; readonly confidence: string }> = {
  name: "openmax",
  title: "OpenMax",
  source: "Bendale & Boult 2016",
  formula:
    "Softmax over z · (1 − w·ω) and the logit Σ z·w·ω of “unknown”, w the Weibull probability of the distance to the class mean: the largest of the K + 1, or minus that of “unknown”.",
  parameters: [
    {
      name: "tail",
      title: "Tail",
      explain: "How many of a class's largest distances the Weibull distribution is fitted to.",
      kind: "number",
      integer: true,
      min: 2,
      max: 100_000,
    },
    {
      name: "alpha",
      title: "Revised ranks",
      explain: "How many of the top-ranked classes have their logits revised.",
      kind: "number",
      integer: true,
      min: 1,
      max: 10_000,
    },
    {
      name: "confidence",
      title: "Confidence",
      explain: "Which probability is the score.",
      kind: "choice",
      options: [
        { value: "max", title: "The largest of the K + 1, “unknown” included (paper)" },
        { value: "known", title: "Minus the probability of “unknown” (v1.5)" },
      ],
    },
  ],
  presets: {
    paper: { tail: 20, alpha: 3, confidence: "max" },
    "v1.5": { tail: 20, alpha: 3, confidence: "known" },
    quick: ({ train, classes }) => ({
      tail: Math.min(20, Math.max(3, Math.floor(train / classes / 5))),
      alpha: Math.min(3, classes),
      confidence: "max",
    }),
  },
  quickRule:
    "The tail is a fifth of the train images per class, at least 3 and at most the paper's 20; ranks are revised up to the number of classes.",
  grid: {},
  deviations: [
    "The fork takes the means and distances from randomly augmented train images; here the images are as they are.",
    "The fork makes that pass while the network is in training mode, so its logits come from batch statistics, and it re-estimates the running statistics before the test. Here the network is in evaluation mode throughout.",
    "Where a class has no correctly classified train image the fork stops with an error, and where libMR finds no Weibull (fewer than two different distances) its scores turn NaN; here the score is undefined and names the class.",
    "As in the fork, an image that is surely “unknown” scores as in-distribution, because the largest of the K + 1 probabilities is that of “unknown”.",
  ],
  fitsOn: "train",
  readsLogits: true,
  readsFeatures: false,
  fit({ train, classes }, { tail, alpha, confidence }, kernels) {
    if (alpha > classes) {
      throw new UndefinedScore(
        `the logits of alpha = ${alpha} ranks are to be revised, and there are ${classes} classes`,
      );
    }
    const models = fitClassModels(train, classes, tail);
    const { means, scale, shape, small, tails } = models;
    return {
      score: (activations) =>
        confidences(revisedLogits(activations, classes, models, alpha), classes, confidence, kernels),
      state: { means, scale, shape, small, tails },
    };
  },
};

async function confidences(
  revised: Float32Array,
  classes: number,
  confidence: string,
  kernels: DenseKernels,
): Promise<Float32Array> {
  const columns = classes + 1;
  if (confidence === "max") return kernels.topProbability(revised, columns, 1);
  const probabilities = await kernels.softmax(revised, columns);
  return Float32Array.from({ length: probabilities.length / columns }, (_, i) => {
    return -(probabilities[i * columns + classes] as number);
  });
}

/** Revised logits and that of "unknown" in each row of [count, classes + 1], less the row's largest. */
function revisedLogits(
  { count, logits }: Activations,
  classes: number,
  models: ClassModels,
  alpha: number,
): Float32Array {
  const out = new Float32Array(count * (classes + 1));
  const row = new Float64Array(classes + 1);
  const ranked = new Int32Array(alpha);
  for (let i = 0; i < count; i++) {
    const at = i * classes;
    rankTop(logits, at, classes, ranked);
    for (let k = 0; k < classes; k++) row[k] = logits[at + k] as number;
    let unknown = 0;
    for (let rank = 0; rank < alpha; rank++) {
      const k = ranked[rank] as number;
      const shifted = distance(logits, at, models.means, k * classes, classes) - (models.small[k] as number) + 1;
      const strange = weibullCdf(shifted, { scale: models.scale[k] as number, shape: models.shape[k] as number });
      const logit = row[k] as number;
      const kept = logit * (1 - (strange * (alpha - rank)) / alpha);
      row[k] = kept;
      unknown += logit - kept;
    }
    row[classes] = unknown;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k <= classes; k++) top = Math.max(top, row[k] as number);
    for (let k = 0; k <= classes; k++) out[i * (classes + 1) + k] = (row[k] as number) - top;
  }
  return out;
}

/** The classes of the `ranked.length` largest logits of a row, the largest first; of equals the later class first. */
function rankTop(logits: Float32Array, offset: number, classes: number, ranked: Int32Array): void {
  for (let k = 0; k < classes; k++) {
    let place = Math.min(k, ranked.length);
    while (
      place > 0 &&
      !((logits[offset + (ranked[place - 1] as number)] as number) > (logits[offset + k] as number))
    ) {
      if (place < ranked.length) ranked[place] = ranked[place - 1] as number;
      place--;
    }
    if (place < ranked.length) ranked[place] = k;
  }
}
