import * as tf from "@tensorflow/tfjs-core";
import { countCorrect } from "../batch.ts";
import { type Loss, NonFiniteLoss, type SgdHyper, type StateDict, type StepResult } from "../network.ts";
import { activate } from "../tfjs.ts";
import { type Linear, linear, linearFeatureGradient, linearParameterGradients } from "./linear.ts";

/** What one batch says about the head: its result, and gradients of the mean loss. */
export interface HeadGradients extends StepResult {
  readonly dFeatures: Float32Array;
  readonly dWeight: Float32Array;
  readonly dBias: Float32Array;
}

/** The loss runs on tfjs' plain JavaScript backend: a batch's logits are too few to send anywhere. */
export async function startCpuBackend(): Promise<void> {
  if (!(await tf.setBackend("cpu"))) throw new Error("tfjs' cpu backend could not start.");
}

interface HeadTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly momentum: Float32Array;
}

/** logits = features · weightᵀ + bias. */
export class LinearHead {
  private readonly weight: HeadTensor;
  private readonly bias: HeadTensor;
  private readonly layer: Linear;

  constructor(
    featureDim: number,
    private readonly classes: number,
  ) {
    this.weight = headTensor("fc.weight", [classes, featureDim]);
    this.bias = headTensor("fc.bias", [classes]);
    this.layer = { classes, featureDim, weight: this.weight.value, bias: this.bias.value };
  }

  /**
   * Forward and backward of the head; the training method's loss runs on the tape.
   *
   * @throws NonFiniteLoss
   */
  async gradients(features: Float32Array, labels: Int32Array, loss: Loss): Promise<HeadGradients> {
    const n = labels.length;
    const logits = this.logits(features, n);
    const { value, dLogits } = await this.logitGradient(logits, n, (tensor) => loss(tensor, labels));
    return {
      loss: value,
      correct: countCorrect(logits, labels, n, this.classes),
      dFeatures: linearFeatureGradient(this.layer, dLogits, n),
      ...linearParameterGradients(this.layer, features, dLogits, n),
    };
  }

  /**
   * Gradient by the features of a loss on the logits of n images.
   *
   * @throws NonFiniteLoss
   */
  async featureGradient(
    features: Float32Array,
    n: number,
    loss: (logits: tf.Tensor2D) => tf.Scalar,
  ): Promise<Float32Array> {
    const { dLogits } = await this.logitGradient(this.logits(features, n), n, loss);
    return linearFeatureGradient(this.layer, dLogits, n);
  }

  /** One SGD step with Nesterov momentum and weight decay, as the trunk's. */
  update({ dWeight, dBias }: Pick<HeadGradients, "dWeight" | "dBias">, hyper: SgdHyper): void {
    descend(this.weight, dWeight, hyper);
    descend(this.bias, dBias, hyper);
  }

  /** [n, classes], each logit summed in float64 and rounded once. */
  logits(features: Float32Array, n: number): Float32Array {
    return linear(this.layer, features, n);
  }

  exportTo(state: StateDict, momenta: boolean): void {
    for (const { name, shape, value } of [this.weight, this.bias]) state.set(name, { shape, data: value.slice() });
    if (!momenta) return;
    for (const { name, shape, momentum } of [this.weight, this.bias]) {
      state.set(`momentum/${name}`, { shape, data: momentum.slice() });
    }
  }

  /** Takes both tensors from `state`, which has been checked; momenta that it lacks become 0. */
  importFrom(state: StateDict): void {
    for (const { name, value, momentum } of [this.weight, this.bias]) {
      value.set((state.get(name) as { data: Float32Array }).data);
      momentum.fill(0);
      const saved = state.get(`momentum/${name}`);
      if (saved) momentum.set(saved.data);
    }
  }

  private async logitGradient(
    logits: Float32Array,
    n: number,
    loss: (logits: tf.Tensor2D) => tf.Scalar,
  ): Promise<{ value: number; dLogits: Float32Array }> {
    activate("cpu");
    const { value, grad } = tf.tidy(() =>
      tf.valueAndGrad((x) => loss(x as tf.Tensor2D))(tf.tensor2d(logits, [n, this.classes])),
    );
    try {
      const sum = (await value.data())[0] as number;
      if (!Number.isFinite(sum)) throw new NonFiniteLoss(sum);
      return { value: sum, dLogits: (await grad.data()) as Float32Array };
    } finally {
      tf.dispose([value, grad]);
    }
  }
}

function headTensor(name: string, shape: readonly number[]): HeadTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return { name, shape, value: new Float32Array(size), momentum: new Float32Array(size) };
}

function descend({ value, momentum }: HeadTensor, gradient: Float32Array, hyper: SgdHyper): void {
  for (let i = 0; i < value.length; i++) {
    const p = value[i] as number;
    const g = (gradient[i] as number) + hyper.weightDecay * p;
    const m = hyper.momentum * (momentum[i] as number) + g;
    momentum[i] = m;
    value[i] = p - hyper.lr * (g + hyper.momentum * m);
  }
}
