import { logSoftmax, mean, mul, neg, oneHot, type Scalar, sum, type Tensor2D, tensor1d } from "@tensorflow/tfjs-core";
import type { TrainingMethod } from "./method.ts";

/**
 * Cross-entropy, averaged over the batch.
 *
 * On a batch that mixes real and synthetic images this *is* the SIO objective (Eq. 4) with
 * α = n_real / B: α · CE(real) + (1 − α) · CE(synthetic), computed in one forward pass, so that
 * batch norm sees the mixed batch once. Two passes would give other batch statistics and another gradient.
 *
 * @param logits [B, classes]
 * @param labels B class indices, each 0 … classes − 1
 * @returns scalar, differentiable by `logits`
 */
export function crossEntropy(logits: Tensor2D, labels: Int32Array): Scalar {
  const target = oneHot(tensor1d(labels, "int32"), logits.shape[1], 1, 0, "float32");
  const perImage = sum(mul(target, logSoftmax(logits)), 1);
  return neg<Scalar>(mean<Scalar>(perImage));
}

export const ce: TrainingMethod = { name: "ce", title: "Cross-entropy", loss: crossEntropy };
