import {
  dispose,
  keep,
  type Scalar,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  valueAndGrad,
} from "@tensorflow/tfjs-core";
import type { Trunk } from "../../networks/trunk.ts";
import { patient } from "../patientLoss.ts";
import { head } from "./gradients.ts";
import type { Parameters } from "./parameters.ts";
import { byRunningStatistics, features } from "./trunk.ts";

/** Tensors of one pass, the caller's to dispose. */
export interface InputPass {
  readonly loss: Scalar;
  /** [N, H, W, 3]. */
  readonly gradient: Tensor4D;
  /** [N, featureDim]. */
  readonly features: Tensor2D;
  /** [N, classes]. */
  readonly logits: Tensor2D;
}

/**
 * One pass in evaluation mode over `images` (normalised [N, H, W, 3]) and the gradient by them of a loss on the logits
 * of the first `count`.
 */
export function inputPass(
  trunk: Trunk,
  parameters: Parameters,
  images: Tensor4D,
  count: number,
  loss: (logits: Tensor2D) => Scalar,
): InputPass {
  const kept: [features: Tensor2D, logits: Tensor2D][] = [];
  const patientLoss = patient(loss);
  const { value, grad } = valueAndGrad((input: Tensor) => {
    const pooled = features(trunk, parameters, input as Tensor4D, byRunningStatistics(parameters));
    const logits = head(parameters, pooled);
    kept.push([keep(pooled.clone()), keep(logits.clone())]);
    return patientLoss(slice(logits, 0, count));
  })(images);
  try {
    patientLoss.rethrow();
    const [pass] = kept;
    if (!pass) throw new Error("The loss was not computed.");
    return { loss: value, gradient: grad as Tensor4D, features: pass[0], logits: pass[1] };
  } catch (error) {
    dispose([value, grad, ...kept.flat()]);
    throw error;
  }
}
