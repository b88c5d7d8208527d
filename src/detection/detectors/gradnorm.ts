import type { Detector } from "../detector.ts";

/**
 * GradNorm (Huang et al. 2021): the L1 norm of the gradient of −Σ_k log p_k by the weights of the head. That gradient
 * is the outer product of K·p − 1 and f, so conf = Σ_k |K·p_k − 1| · ‖f‖₁ needs no backward pass.
 */
export const gradnorm: Detector<Record<never, never>> = {
  name: "gradnorm",
  title: "GradNorm",
  source: "Huang et al. 2021",
  formula: "The L1 norm of the gradient by the head's weights, against uniform targets: Σ |K·p − 1| · ‖f‖₁.",
  parameters: [],
  presets: { paper: {}, "v1.5": {}, quick: () => ({}) },
  quickRule: null,
  grid: {},
  deviations: [
    "The fork back-propagates image by image; the closed form used here differs from it by less than one part in a million.",
  ],
  fitsOn: "nothing",
  readsLogits: true,
  readsFeatures: true,
  fit: ({ classes, featureDim }, _, kernels) => ({
    score: async ({ features, logits }) => {
      const probabilities = await kernels.softmax(logits, classes);
      const norms = await kernels.absoluteSums(features, featureDim);
      return norms.map((norm, i) => norm * distanceFromUniform(probabilities, i * classes, classes));
    },
  }),
};

/** Σ |K·p − 1| of the row at `offset`. */
function distanceFromUniform(probabilities: Float32Array, offset: number, classes: number): number {
  let sum = 0;
  for (let k = offset; k < offset + classes; k++) sum += Math.abs(classes * (probabilities[k] as number) - 1);
  return sum;
}
