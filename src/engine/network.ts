import type { Scalar, Tensor2D } from "@tensorflow/tfjs-core";
import type { BackendRecord } from "./backend.ts";

/** Size of a classifier: everything that fixes its tensors. */
export interface NetworkSpec {
  readonly architecture: "resnet18";
  /** Channels of the first stage: 64 in the paper, 8 or 16 for small machines. */
  readonly width: number;
  readonly classes: number;
  /** Input height = width in pixels; a multiple of 8. */
  readonly imageSize: number;
}

/** state_dict by OpenOOD names (`layer1.0.conv1.weight` …), PyTorch shapes and order, float32. */
export type StateDict = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** How one image of a batch is moved: flip first, then a crop of the 4-pixel zero-padded picture. */
export interface Augmentation {
  /** 1 = mirrored left–right, per image. */
  readonly flip: Uint8Array;
  /** Top-left corner of the crop in the padded picture, 0 … 8; 4 = not moved. */
  readonly offsetY: Uint8Array;
  readonly offsetX: Uint8Array;
}

/** A mini-batch of raw images: augmentation and normalisation happen in the engine. */
export interface TrainBatch {
  readonly count: number;
  /** uint8 RGB [count][imageSize][imageSize][3]. */
  readonly images: Uint8Array;
  readonly labels: Int32Array;
  /** null = images as they are. */
  readonly augmentation: Augmentation | null;
}

/** SGD with Nesterov momentum and weight decay on all parameters, PyTorch form (dampening 0). */
export interface SgdHyper {
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Linear head on features: logits = features · weightᵀ + bias. weight [classes, d], bias [classes]. */
export interface HeadOutput {
  readonly logits: Tensor2D;
}

/**
 * The loss of a training method: plain tfjs on [B, d] features, differentiated by the tape.
 * `logits` are the head's output for the batch; labels are class indices.
 */
export type Loss = (logits: Tensor2D, labels: Int32Array) => Scalar;

export interface StepResult {
  /** Mean loss of the batch. */
  readonly loss: number;
  /** How many images the training-mode forward pass classified correctly. */
  readonly correct: number;
}

export interface Forward {
  /** [count, d] penultimate features. */
  readonly features: Float32Array;
  /** [count, classes]. */
  readonly logits: Float32Array;
}

/**
 * A loss whose gradient by the images is asked for, summed over a slice of them.
 *
 * @param logits [slice, classes]
 * @param first index of the slice's first image
 */
export type InputLoss = (logits: Tensor2D, first: number) => Scalar;

export interface InputGradient extends Forward {
  /** Of the loss by the normalised pixels, [count][imageSize][imageSize][3]. */
  readonly gradient: Float32Array;
}

/** Mean and standard deviation per channel of [0,1] pixel values. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/**
 * A classifier on some backend: a trunk (images → features) that the backend computes and a linear head in tfjs.
 * One owner, one call at a time, training steps excepted. Every method rejects after dispose.
 */
export interface Network {
  readonly spec: NetworkSpec;
  readonly featureDim: number;
  readonly backend: BackendRecord;
  /** How many calls of trainStep may be under way at once; they are computed in the order of the calls. */
  readonly stepsInFlight: number;
  /** Forward in training mode, loss, backward, one SGD step, running statistics. Rejects with NonFiniteLoss. */
  trainStep(batch: TrainBatch, loss: Loss, hyper: SgdHyper): Promise<StepResult>;
  /** Forward in evaluation mode of any number of images, in slices of the compiled batch size. */
  forward(images: Uint8Array, count: number): Promise<Forward>;
  /** Likewise of pixels that are already normalised: float32 [count][imageSize][imageSize][3]. */
  forwardNormalised(input: Float32Array, count: number): Promise<Forward>;
  /** Forward of the same input in evaluation mode, and the gradient of a loss by it. Rejects with NonFiniteLoss. */
  inputGradient(input: Float32Array, count: number, loss: InputLoss): Promise<InputGradient>;
  /** Parameters, running statistics and, with momenta, `momentum/NAME` for every trained parameter. */
  exportState(options: { momenta: boolean }): Promise<StateDict>;
  /** Strict: every tensor of exportState({momenta: false}) must be there with its shape; momenta default to 0. */
  importState(state: StateDict): Promise<void>;
  dispose(): void;
}

/** Makes networks on one backend. */
export interface Engine {
  readonly backend: BackendRecord;
  /** Why it will never compute again (GPU lost, kernel thread crashed), or null. Another engine then has to be made. */
  readonly failure: Error | null;
  createNetwork(spec: NetworkSpec, options: { maxBatch: number; normalisation: Normalisation }): Promise<Network>;
  dispose(): void;
}

export class NonFiniteLoss extends Error {
  constructor(readonly value: number) {
    super(`The loss became ${value}.`);
    this.name = "NonFiniteLoss";
  }
}
