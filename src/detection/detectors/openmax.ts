import { type Detector, UndefinedScore } from "../detector.ts";
import { fitClassModels } from "../fitting/openmaxFit.ts";

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
      score: ({ logits }) => kernels.openMax(logits, classes, models, alpha, confidence === "known" ? "known" : "max"),
      state: { means, scale, shape, small, tails },
    };
  },
};
