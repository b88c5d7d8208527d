import { type Activations, type Detector, UndefinedScore } from "../detector.ts";
import { checkFinite } from "../fitting/finite.ts";
import {
  convergedTemperature,
  type LikelihoodByTemperature,
  likelihoodByTemperature,
  literalTemperature,
  TEMPERATURE_RANGE,
} from "../fitting/tempscaleFit.ts";

/** Temperature scaling (Guo et al. 2017): conf = max softmax(z/T), T fitted to the labels of ID-val. */
export const tempscale: Detector<{ readonly fit: string }> = {
  name: "tempscale",
  title: "TempScale",
  source: "Guo et al. 2017",
  formula: "The largest softmax probability at the temperature that suits ID-val: max softmax(z/T).",
  parameters: [
    {
      name: "fit",
      title: "Fit of T",
      explain: "How the temperature is fitted to the likelihood of the ID-val labels.",
      kind: "choice",
      options: [
        { value: "literal", title: "50 short L-BFGS steps from 1.5, as OpenOOD: T stops short of the optimum" },
        { value: "converged", title: "To the largest likelihood" },
      ],
    },
  ],
  presets: { paper: { fit: "literal" }, "v1.5": { fit: "literal" }, quick: () => ({ fit: "literal" }) },
  quickRule: null,
  grid: {},
  deviations: [
    "The fork fits T while the network is in training mode: the logits of ID-val come from batch statistics, and those five batches move the running statistics before the test. Here the network is in evaluation mode throughout.",
    "The fork's fit is float32; here it is float64, and T differs by less than 1e-6.",
  ],
  fitsOn: "val",
  readsLogits: true,
  readsFeatures: false,
  fit({ val, classes }, { fit }, kernels) {
    const likelihood = checkedLikelihood(val, classes);
    const { temperature, trace } =
      fit === "literal" ? literalTemperature(likelihood) : convergedTemperature(likelihood);
    const { low, high } = TEMPERATURE_RANGE;
    if (fit === "converged" && !(temperature > low && temperature < high)) {
      throw new UndefinedScore(
        `the likelihood of the ${val.count} ID-val labels still grows at T = ${temperature}: ` +
          (temperature === high ? "the logits say nothing about the labels" : "every image is classified correctly"),
      );
    }
    if (!(temperature > 0 && Number.isFinite(temperature))) {
      throw new UndefinedScore(
        `the fit of the temperature to ${val.count} ID-val images reached T = ${temperature} after ${trace.length} evaluations`,
      );
    }
    return {
      score: ({ logits }) => kernels.topProbability(logits, classes, temperature),
      state: { T: temperature, trace: Float64Array.from(trace) },
    };
  },
};

function checkedLikelihood({ count, logits, labels }: Activations, classes: number): LikelihoodByTemperature {
  if (count === 0) throw new UndefinedScore("there is no ID-val image to fit the temperature to");
  checkFinite(logits, count, "logit", "ID-val");
  const unlabelled = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (unlabelled >= 0) {
    throw new UndefinedScore(
      `ID-val image ${unlabelled} of ${count} has the label ${labels[unlabelled]}, not a class from 0 to ${classes - 1}`,
    );
  }
  return likelihoodByTemperature(logits, labels, classes);
}
