import {
  add,
  dispose,
  keep,
  matMul,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import type { Trunk } from "../../networks/trunk.ts";
import type { Loss } from "../network.ts";
import { patient } from "../patientLoss.ts";
import type { BatchStatistics } from "./batchNorm.ts";
import type { Parameters } from "./parameters.ts";
import { byBatchStatistics, byRunningStatistics, features } from "./trunk.ts";

/** Tensors of one forward and backward pass. All are the caller's to dispose. */
export interface Pass {
  readonly loss: Scalar;
  /** [N, classes]. */
  readonly logits: Tensor2D;
  /** By state_dict name, in the layouts of {@link Parameters}. */
  readonly gradients: Map<string, Tensor>;
  /** By batch-norm name; empty in evaluation mode. */
  readonly statistics: Map<string, BatchStatistics>;
}

/** logits = features · weightᵀ + bias. */
export function head(parameters: Parameters, input: Tensor2D): Tensor2D {
  const weight = parameters.get("fc.weight") as unknown as Tensor2D;
  return add<Tensor2D>(matMul(input, weight, false, true), parameters.get("fc.bias"));
}

/**
 * One forward pass over `images` (normalised [N, H, W, 3]) and the gradient of `loss` by every trained parameter.
 * In training mode batch norm uses the statistics of these images, in evaluation mode the running ones.
 */
export function pass(
  trunk: Trunk,
  parameters: Parameters,
  images: Tensor4D,
  labels: Int32Array,
  loss: Loss,
  mode: "training" | "evaluation",
): Pass {
  const statistics = new Map<string, BatchStatistics>();
  const normalise = mode === "training" ? byBatchStatistics(parameters, statistics) : byRunningStatistics(parameters);
  const made: Tensor[] = [];
  const trained = new Map<string, Variable>(parameters.trained.map((name) => [name, parameters.get(name)]));
  const patientLoss = patient((logits) => loss(logits, labels));
  try {
    const kept: Tensor2D[] = [];
    const { value, grads } = variableGrads(() => {
      const logits = head(parameters, features(trunk, parameters, images, normalise));
      kept.push(keep(logits.clone()));
      return patientLoss(logits);
    }, [...trained.values()]);
    made.push(value, ...kept, ...Object.values(grads));
    patientLoss.rethrow();
    const gradients = new Map<string, Tensor>();
    for (const [name, { name: own }] of trained) {
      const gradient = grads[own];
      if (gradient) gradients.set(name, gradient);
    }
    const [logits] = kept;
    if (!logits) throw new Error("The loss was not computed.");
    return { loss: value, logits, gradients, statistics };
  } catch (error) {
    dispose(made);
    disposeStatistics(statistics);
    throw error;
  }
}

export function disposeStatistics(statistics: Map<string, BatchStatistics>): void {
  for (const { mean, variance } of statistics.values()) dispose([mean, variance]);
}

export function disposePass({ loss, logits, gradients, statistics }: Pass): void {
  dispose([loss, logits, ...gradients.values()]);
  disposeStatistics(statistics);
}
