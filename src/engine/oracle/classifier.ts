import type { Architecture } from "../../networks/architecture.ts";
import type { SgdHyper, StateDict } from "../network.ts";
import { crossEntropy, linear, linearGradient } from "./head.ts";
import type { Trace } from "./layer.ts";
import { descend, type State, stateOf } from "./state.ts";
import { OracleTrunk } from "./trunk.ts";

const HEAD = ["fc.weight", "fc.bias"];

export interface OracleGradients {
  readonly loss: number;
  readonly logits: Float64Array;
  /** By state_dict name, of every trained tensor. */
  readonly gradients: Map<string, Float64Array>;
  readonly trace: Trace;
}

/** A whole classifier with mean cross-entropy. Images are normalised, [n][3][imageSize][imageSize]. */
export class Oracle {
  /** Parameters and running statistics by state_dict name. */
  readonly state: State;
  readonly momenta: State;
  readonly trunk: OracleTrunk;

  constructor({ trunk }: Architecture, state: StateDict) {
    this.trunk = new OracleTrunk(trunk, state);
    this.state = new Map([...this.trunk.state, ...stateOf(state, HEAD)]);
    this.momenta = this.trunk.momenta;
  }

  /** Features and logits in evaluation mode. */
  evaluate(images: ArrayLike<number>, n: number): { features: Float64Array; logits: Float64Array } {
    const { features } = this.trunk.forward(images, n, "evaluation");
    return { features, logits: linear(this.state, features) };
  }

  /** Mean cross-entropy of a training-mode forward pass. */
  loss(images: ArrayLike<number>, labels: ArrayLike<number>): number {
    const { features } = this.trunk.forward(images, labels.length, "training");
    return crossEntropy(linear(this.state, features), labels).loss;
  }

  /** Mean cross-entropy and its gradients, in training mode. */
  gradients(images: ArrayLike<number>, labels: ArrayLike<number>): OracleGradients {
    const trace = this.trunk.forward(images, labels.length, "training");
    const logits = linear(this.state, trace.features);
    const { loss, dLogits } = crossEntropy(logits, labels);
    const { dFeatures, dWeight, dBias } = linearGradient(this.state, trace.features, dLogits);
    const { gradients } = this.trunk.backward(trace, dFeatures);
    gradients.set("fc.weight", dWeight).set("fc.bias", dBias);
    return { loss, logits, gradients, trace };
  }

  /** One SGD step with Nesterov momentum and weight decay, and the running statistics. */
  trainStep(images: ArrayLike<number>, labels: ArrayLike<number>, hyper: SgdHyper): OracleGradients {
    const result = this.gradients(images, labels);
    descend(this.state, this.momenta, result.gradients, hyper);
    this.trunk.updateRunningStatistics(result.trace);
    return result;
  }

  /** The gradient by the images, in evaluation mode, of a loss whose gradient by the logits `dLoss` tells. */
  inputGradient(
    images: ArrayLike<number>,
    n: number,
    dLoss: (logits: Float64Array) => Float64Array,
  ): { gradient: Float64Array; features: Float64Array; logits: Float64Array } {
    const trace = this.trunk.forward(images, n, "evaluation");
    const logits = linear(this.state, trace.features);
    const { dFeatures } = linearGradient(this.state, trace.features, dLoss(logits));
    return { gradient: this.trunk.backward(trace, dFeatures).dImages, features: trace.features, logits };
  }
}
