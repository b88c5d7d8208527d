import type { DenseKernels, OrthonormalSplit } from "../../engine/dense/kernels.ts";
import { type Activations, type Detector, type FitInput, UndefinedScore } from "../detector.ts";
import { headOrigin, symmetricEigen } from "../fitting/eigen.ts";
import { checkFinite } from "../fitting/finite.ts";

/** Images whose residuals are measured in one call. */
const RUN = 4096;

/** Residuals below this share of the features' own size are float32 rounding. */
const NEGLIGIBLE = 1e-6;

/**
 * ViM (Wang et al. 2022): the energy less the scaled part of the feature that lies outside the principal space of the
 * train set: conf = log Σ exp(z) − α · ‖(f − u)R‖₂. Origin u = −pinv(W) · b; R spans the d − D directions of least
 * second moment about u; α = mean largest logit / mean residual norm, both over the train set.
 *
 * The state holds `vectors` [d, d] by descending eigenvalue, one per row, and `kept` = D: R's columns are the rows
 * from `kept` on, so that the projector R·Rᵀ, d³ operations nobody needs for scoring, is the reader's to form.
 */
export const vim: Detector<{ readonly D: number }> = {
  name: "vim",
  title: "VIM",
  source: "Wang et al. 2022",
  formula: "log Σ exp(z) − α · ‖(f − u)R‖: the energy less the feature's part outside the principal space.",
  parameters: [
    {
      name: "D",
      title: "Principal dimensions D",
      explain: "Dimensions of the principal space; what lies in the remaining d − D counts against an image.",
      kind: "number",
      integer: true,
      min: 1,
      max: 100_000,
    },
  ],
  presets: {
    paper: { D: 42 },
    "v1.5": { D: 256 },
    quick: ({ featureDim }) => ({ D: Math.max(1, Math.floor(featureDim / 2)) }),
  },
  quickRule: "D is half the feature dimensions, the ViM authors' rule for networks below 768.",
  grid: { D: [256, 1000] },
  deviations: [
    "The fork's principal space is of randomly augmented train images; here it is of the images as they are.",
    "The fork decomposes the covariance in float32 as if it were not symmetric; here it is float64 and symmetric.",
  ],
  fitsOn: "train",
  readsLogits: true,
  readsFeatures: true,
  async fit(input, { D }, kernels) {
    const { featureDim: d, classes, train } = input;
    if (D >= d) throw new UndefinedScore(`D = ${D} ≥ d = ${d}: no dimension is left for the residual`);
    if (train.count === 0) throw new UndefinedScore("there are no train images to find the principal space of");
    const { split, eigenvalues } = await principalSplit(input, D, kernels);
    const logitMean = mean(await kernels.rowMaxima(train.logits, classes));
    const residualMean = mean(await residuals(train, d, split, kernels));
    const alpha = logitMean / residualMean;
    if (!Number.isFinite(alpha)) {
      throw new UndefinedScore(`α, a mean logit of ${logitMean} by a mean residual of ${residualMean}, is ${alpha}`);
    }
    return {
      state: { origin: split.origin, eigenvalues, vectors: split.vectors, kept: D, alpha },
      score: async ({ features, logits }) => {
        const energies = await kernels.logSumExp(logits, classes, 1);
        const norms = await kernels.projectedNorms(features, d, split);
        return energies.map((energy, i) => energy - alpha * (norms[i] as number));
      },
    };
  },
};

/** Eigenvectors of Σ = (F − u)ᵀ(F − u)/N, cut after the D largest. */
async function principalSplit(
  { featureDim: d, train, head }: FitInput,
  D: number,
  kernels: DenseKernels,
): Promise<{ split: OrthonormalSplit; eigenvalues: Float64Array }> {
  if (!(head.weight.every(Number.isFinite) && head.bias.every(Number.isFinite))) {
    throw new UndefinedScore("the head holds numbers that are not finite");
  }
  const origin = await headOrigin(head, d);
  const covariance = (await kernels.scatter(train.features, d, origin)).map((sum) => sum / train.count);
  // The iteration for eigenvalues would not end on NaN.
  if (!covariance.every(Number.isFinite)) {
    checkFinite(train.features, train.count, "feature", "train");
    throw new UndefinedScore("the covariance of the train features overflows");
  }
  const { values, vectors } = await symmetricEigen(covariance, d);
  const total = sum(values);
  const outside = sum(values.subarray(D));
  if (!(outside > NEGLIGIBLE ** 2 * total)) {
    const rank = values.filter((value) => value > (NEGLIGIBLE ** 2 * total) / d).length;
    throw new UndefinedScore(
      `the train features less their origin span ${rank} of ${d} dimensions, and D = ${D} leaves no residual: α would divide by 0`,
    );
  }
  return { split: { origin, vectors, kept: D }, eigenvalues: values };
}

async function residuals(
  { count, features }: Activations,
  d: number,
  split: OrthonormalSplit,
  kernels: DenseKernels,
): Promise<Float32Array> {
  const norms = new Float32Array(count);
  for (let first = 0; first < count; first += RUN) {
    const run = features.subarray(first * d, Math.min(first + RUN, count) * d);
    norms.set(await kernels.projectedNorms(run, d, split), first);
  }
  return norms;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}
