import * as tf from "@tensorflow/tfjs-core";
import { countCorrect } from "../batch.ts";
import { type Loss, NonFiniteLoss, type SgdHyper, type StateDict, type StepResult } from "../network.ts";
import { activate } from "../tfjs.ts";

/** What one batch says about the head: its result, and gradients of the mean loss. */
export interface HeadGradients extends StepResult {
  readonly dFeatures: Float32Array;
  readonly dWeight: Float32Array;
  readonly dBias: Float32Array;
}

/** The head's tensors run on tfjs' plain JavaScript backend: they are too small to send anywhere. */
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

  constructor(
    private readonly featureDim: number,
    private readonly classes: number,
  ) {
    this.weight = headTensor("fc.weight", [classes, featureDim]);
    this.bias = headTensor("fc.bias", [classes]);
  }

  /**
   * Forward and backward of the head and the training method's loss, on the tape.
   *
   * @throws NonFiniteLoss
   */
  async gradients(features: Float32Array, labels: Int32Array, loss: Loss): Promise<HeadGradients> {
    const n = labels.length;
    activate("cpu");
    const [logits, value, dFeatures, dWeight, dBias] = tf.tidy(() => {
      let kept: tf.Tensor2D | undefined;
      const { value, grads } = tf.valueAndGrads((x, w, b) => {
        const logits = tf.add<tf.Tensor2D>(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b);
        kept = tf.keep(logits.clone());
        return loss(logits, labels);
      })([
        tf.tensor2d(features, [n, this.featureDim]),
        tf.tensor2d(this.weight.value, [this.classes, this.featureDim]),
        tf.tensor1d(this.bias.value),
      ]);
      return [kept as tf.Tensor2D, value, ...grads] as [tf.Tensor2D, tf.Scalar, tf.Tensor, tf.Tensor, tf.Tensor];
    });
    const tensors = [logits, value, dFeatures, dWeight, dBias];
    try {
      const mean = (await value.data())[0] as number;
      if (!Number.isFinite(mean)) throw new NonFiniteLoss(mean);
      return {
        loss: mean,
        correct: countCorrect((await logits.data()) as Float32Array, labels, n, this.classes),
        dFeatures: (await dFeatures.data()) as Float32Array,
        dWeight: (await dWeight.data()) as Float32Array,
        dBias: (await dBias.data()) as Float32Array,
      };
    } finally {
      tf.dispose(tensors);
    }
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
    activate("cpu");
    const { value, grad } = tf.tidy(() => {
      const weight = tf.tensor2d(this.weight.value, [this.classes, this.featureDim]);
      const bias = tf.tensor1d(this.bias.value);
      return tf.valueAndGrad((x) => loss(tf.add<tf.Tensor2D>(tf.matMul(x as tf.Tensor2D, weight, false, true), bias)))(
        tf.tensor2d(features, [n, this.featureDim]),
      );
    });
    try {
      const sum = (await value.data())[0] as number;
      if (!Number.isFinite(sum)) throw new NonFiniteLoss(sum);
      return (await grad.data()) as Float32Array;
    } finally {
      tf.dispose([value, grad]);
    }
  }

  /** One SGD step with Nesterov momentum and weight decay, as the trunk's. */
  update({ dWeight, dBias }: Pick<HeadGradients, "dWeight" | "dBias">, hyper: SgdHyper): void {
    descend(this.weight, dWeight, hyper);
    descend(this.bias, dBias, hyper);
  }

  /** [n, classes], each logit summed in float64 and rounded once. */
  logits(features: Float32Array, n: number): Float32Array {
    const { featureDim: d, classes } = this;
    const logits = new Float32Array(n * classes);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < classes; k++) {
        let sum = 0;
        for (let j = 0; j < d; j++) sum += (features[i * d + j] as number) * (this.weight.value[k * d + j] as number);
        logits[i * classes + k] = sum + (this.bias.value[k] as number);
      }
    }
    return logits;
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
