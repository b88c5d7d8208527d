import { type Scalar, sum, type Tensor2D } from "@tensorflow/tfjs-core";

/** A loss whose error waits until the tape has been walked. */
export interface PatientLoss {
  /** The loss; the sum of the logits in its place if it throws. */
  (logits: Tensor2D): Scalar;
  /** Throws what the loss threw. */
  rethrow(): void;
}

/**
 * tfjs keeps what its tape saved, all activations, for good when a function throws that it differentiates. So an error
 * of a loss is held back until the backward pass has freed them.
 */
export function patient(loss: (logits: Tensor2D) => Scalar): PatientLoss {
  const errors: unknown[] = [];
  const run = (logits: Tensor2D): Scalar => {
    try {
      return loss(logits);
    } catch (error) {
      errors.push(error);
      return sum(logits) as Scalar;
    }
  };
  const rethrow = () => {
    if (errors.length > 0) throw errors[0];
  };
  return Object.assign(run, { rethrow });
}
