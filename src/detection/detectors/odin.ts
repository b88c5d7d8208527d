import type { Normalisation } from "../../engine/network.ts";
import type { Detector, InputPerturbation } from "../detector.ts";

/** What the paper's code divides the gradient's sign by, whatever the data set: roughly CIFAR-10's deviations. */
const CIFAR10_SIGMA = [63 / 255, 62.1 / 255, 66.7 / 255] as const;

/**
 * ODIN (Liang et al. 2018): the image is moved a small step towards the class it is taken for, and the largest softmax
 * probability at a high temperature is the score: conf = max softmax(z(x′)/T),
 * x′ = x − ε · sign(∂CE(z/T, argmax z)/∂x)/σ on the normalised image. The evaluation pass over x′ is perturbedLogits.
 */
export const odin: Detector<{ readonly T: number; readonly eps: number; readonly sigma: string }> = {
  name: "odin",
  title: "ODIN",
  source: "Liang et al. 2018",
  formula: "Largest softmax(z(x′)/T) of the image moved by ε against the gradient of its own cross-entropy.",
  parameters: [
    {
      name: "T",
      title: "Temperature",
      explain: "Divides the logits, both for the gradient and for the score.",
      kind: "number",
      integer: false,
      min: 1e-3,
      max: 1e6,
    },
    {
      name: "eps",
      title: "Step ε",
      explain: "How far each value of the normalised image moves, before it is divided by σ; 0 moves nothing.",
      kind: "number",
      integer: false,
      min: 0,
      max: 1,
    },
    {
      name: "sigma",
      title: "Divisor σ",
      explain: "What the step is divided by in each channel.",
      kind: "choice",
      options: [
        { value: "cifar10", title: "(63, 62.1, 66.7)/255 for every data set, as OpenOOD v1.0" },
        { value: "dataset", title: "the normalisation's standard deviations, as OpenOOD v1.5" },
      ],
    },
  ],
  presets: {
    paper: { T: 1000, eps: 0.0014, sigma: "cifar10" },
    "v1.5": { T: 1000, eps: 0.0014, sigma: "dataset" },
    quick: () => ({ T: 1000, eps: 0.0014, sigma: "cifar10" }),
  },
  quickRule: null,
  grid: { T: [1, 10, 100, 1000], eps: [0.0014, 0.0028] },
  deviations: [
    "The fork searched T and ε by a comparison that always chose T = 1000 and ε = 0.0014; here these are fixed.",
  ],
  fitsOn: "nothing",
  readsLogits: true,
  readsFeatures: false,
  perturb: ({ T, eps, sigma }, { std }) => towardsOwnClass(T, eps, sigma === "dataset" ? std : CIFAR10_SIGMA),
  fit: ({ classes }, { T }, kernels) => ({ score: ({ logits }) => kernels.topProbability(logits, classes, T) }),
};

function towardsOwnClass(temperature: number, eps: number, sigma: Normalisation["std"]): InputPerturbation {
  const key = `odin-T${temperature}-eps${eps}-sigma${sigma.join("_")}`;
  return { key, step: -eps, sigma, temperature };
}
