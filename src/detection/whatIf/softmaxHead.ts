import { exactExp, exactLog } from "../../random/exactMath.ts";
import type { Objective } from "./lbfgs.ts";

/** Labelled features of frozen images: features [count, d], labels [count] in 0 … classes − 1. */
export interface LabelledFeatures {
  readonly count: number;
  readonly features: Float32Array;
  readonly labels: Int32Array;
}

/** A set and how much its mean cross-entropy weighs in the objective. */
export interface WeightedSet {
  readonly set: LabelledFeatures;
  readonly weight: number;
}

/**
 * Σ weight · mean CE(set) + ½ · decay · ‖(W, b)‖², and its gradient, over parameters [W row by row, then b] in float64.
 *
 * `decay` is the trainer's weight decay, bias included. It makes the objective strictly convex: separable features
 * would have no minimum without it.
 */
export function headObjective(sets: readonly WeightedSet[], dim: number, classes: number, decay: number): Objective {
  if (!(decay > 0)) throw new RangeError(`A head is refitted with a weight decay above 0, not ${decay}.`);
  for (const { set } of sets) assertFits(set, dim, classes);
  const probabilities = new Float64Array(classes);
  return (parameters, gradient) => {
    let value = 0;
    for (let k = 0; k < parameters.length; k++) {
      const parameter = parameters[k] as number;
      value += (decay / 2) * parameter * parameter;
      gradient[k] = decay * parameter;
    }
    for (const { set, weight } of sets) {
      if (weight === 0) continue;
      const share = weight / set.count;
      for (let i = 0; i < set.count; i++) {
        const label = set.labels[i] as number;
        value += share * crossEntropy(set.features, i * dim, dim, parameters, label, probabilities);
        for (let c = 0; c < classes; c++) {
          const error = share * ((probabilities[c] as number) - (c === label ? 1 : 0));
          const row = c * dim;
          for (let d = 0; d < dim; d++) {
            gradient[row + d] = (gradient[row + d] as number) + error * (set.features[i * dim + d] as number);
          }
          gradient[classes * dim + c] = (gradient[classes * dim + c] as number) + error;
        }
      }
    }
    return value;
  };
}

/** [count, classes] logits of those parameters, float32. */
export function headLogits(
  features: Float32Array,
  dim: number,
  classes: number,
  parameters: Float64Array,
): Float32Array {
  const count = features.length / dim;
  const logits = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < classes; c++) logits[i * classes + c] = logit(features, i * dim, dim, parameters, classes, c);
  }
  return logits;
}

/** Leaves the softmax of the row in `probabilities` and returns −log of the label's. */
function crossEntropy(
  features: Float32Array,
  offset: number,
  dim: number,
  parameters: Float64Array,
  label: number,
  probabilities: Float64Array,
): number {
  const classes = probabilities.length;
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) {
    const value = logit(features, offset, dim, parameters, classes, c);
    probabilities[c] = value;
    if (value > top) top = value;
  }
  const margin = top - (probabilities[label] as number);
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const power = exactExp((probabilities[c] as number) - top);
    probabilities[c] = power;
    sum += power;
  }
  for (let c = 0; c < classes; c++) probabilities[c] = (probabilities[c] as number) / sum;
  return margin + exactLog(sum);
}

function logit(
  features: Float32Array,
  offset: number,
  dim: number,
  parameters: Float64Array,
  classes: number,
  c: number,
): number {
  let sum = parameters[classes * dim + c] as number;
  for (let d = 0; d < dim; d++) sum += (features[offset + d] as number) * (parameters[c * dim + d] as number);
  return sum;
}

function assertFits({ count, features, labels }: LabelledFeatures, dim: number, classes: number): void {
  if (count < 1) throw new RangeError("A head cannot be refitted on a set of 0 images.");
  if (features.length !== count * dim || labels.length !== count) {
    throw new RangeError(`${features.length} features and ${labels.length} labels for ${count} images of ${dim} dims.`);
  }
  const bad = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (bad >= 0) throw new RangeError(`Image ${bad} has label ${labels[bad]}, outside 0 … ${classes - 1}.`);
}
