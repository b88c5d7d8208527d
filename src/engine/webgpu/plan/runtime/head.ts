import * as tf from "@tensorflow/tfjs-core";
import type { SharedBackend } from "../../sharedBackend.ts";

/** Buffers of the head that the plan owns and tfjs computes on, without a copy. */
export interface HeadBuffers {
  /** [n][width]. */
  readonly features: GPUBuffer;
  /** [classes][width]. */
  readonly weight: GPUBuffer;
  /** [classes]. */
  readonly bias: GPUBuffer;
}

/** A loss of the logits [n][classes], to be differentiated. */
export type LogitsLoss = (logits: tf.Tensor2D) => tf.Scalar;

/** Buffers of tfjs with what the head's pass computed; valid until the command buffer is submitted. */
export interface HeadGradients {
  /** One float. */
  readonly loss: GPUBuffer;
  /** [n][classes]. */
  readonly logits: GPUBuffer;
  /** [n][width]. */
  readonly dFeatures: GPUBuffer;
  /** [classes][width]. */
  readonly dWeight: GPUBuffer;
  /** [classes]. */
  readonly dBias: GPUBuffer;
}

/**
 * logits = features · weightᵀ + bias by tfjs, on the plan's buffers. `width` counts the features' physical channels:
 * dead ones are zero in features and weights, and so are all their gradients.
 *
 * Every method runs within `SharedBackend.submitOnce`.
 */
export class SharedHead {
  private readonly weight: tf.Tensor2D;
  private readonly bias: tf.Tensor1D;

  constructor(
    private readonly tfjs: SharedBackend,
    private readonly buffers: HeadBuffers,
    classes: number,
    private readonly width: number,
  ) {
    this.weight = shared(buffers.weight, [classes, width]);
    this.bias = shared(buffers.bias, [classes]);
  }

  /** Forward and backward of head and loss on the tape, for the features of n images. */
  gradients(n: number, loss: LogitsLoss): HeadGradients {
    return tidied(() => {
      const kept: tf.Tensor2D[] = [];
      const differentiate = tf.valueAndGrads((x, w, b) => {
        const logits = linear(x as tf.Tensor2D, w as tf.Tensor2D, b as tf.Tensor1D);
        kept.push(logits);
        return loss(logits);
      });
      const { value, grads } = differentiate([this.features(n), this.weight, this.bias]);
      const [loss_, logits, dFeatures, dWeight, dBias] = [value, kept[0], ...grads].map((tensor) => {
        if (!tensor) throw new Error("The loss was not computed.");
        return this.tfjs.bufferOf(tensor);
      }) as [GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer];
      return { loss: loss_, logits, dFeatures, dWeight, dBias };
    });
  }

  /** The buffer of the logits [n][classes] of the features. */
  logits(n: number): GPUBuffer {
    return tidied(() => this.tfjs.bufferOf(linear(this.features(n), this.weight, this.bias)));
  }

  dispose(): void {
    tf.dispose([this.weight, this.bias]);
  }

  private features(n: number): tf.Tensor2D {
    return shared(this.buffers.features, [n, this.width]);
  }
}

/** Disposes every tensor that `work` makes. tfjs' own `tidy` would look for tensors inside of GPU buffers. */
function tidied<T>(work: () => T): T {
  const results: T[] = [];
  tf.tidy(() => {
    results.push(work());
  });
  return results[0] as T;
}

function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  return tf.add<tf.Tensor2D>(tf.matMul(x, weight, false, true), bias);
}

function shared<T extends tf.Tensor>(buffer: GPUBuffer, shape: number[]): T {
  return tf.tensor({ buffer, zeroCopy: true }, shape, "float32") as T;
}
