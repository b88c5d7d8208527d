import { type Tensor2D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { type ResNet18, resnet18 } from "../../networks/resnet18.ts";
import { nhwcLayout, normalisedNhwc, writeNormalised } from "../augment.ts";
import type { BackendRecord } from "../backend.ts";
import {
  type Forward,
  type Loss,
  type Network,
  type NetworkSpec,
  NonFiniteLoss,
  type Normalisation,
  type SgdHyper,
  type StateDict,
  type StepResult,
  type TrainBatch,
} from "../network.ts";
import { checkHyper, checkImages, checkTrainBatch, countCorrect } from "./batch.ts";
import type { TapeDevice } from "./device.ts";
import { disposePass, head, type Pass, pass } from "./gradients.ts";
import { Parameters } from "./parameters.ts";
import { byRunningStatistics, features } from "./trunk.ts";
import { sgdStep, updateRunningStatistics } from "./update.ts";

export interface TapeNetworkOptions {
  readonly maxBatch: number;
  readonly normalisation: Normalisation;
}

/** A {@link Network} that tfjs differentiates by its tape. Starts with all parameters 0: import a state first. */
export class TapeNetwork implements Network {
  readonly featureDim: number;
  private readonly layers: ResNet18;
  private readonly parameters: Parameters;
  private readonly inputSize: number;
  private busy = false;
  private disposed = false;

  constructor(
    readonly spec: NetworkSpec,
    readonly backend: BackendRecord,
    private readonly device: TapeDevice,
    private readonly options: TapeNetworkOptions,
  ) {
    this.layers = resnet18(spec);
    this.featureDim = this.layers.featureDim;
    this.inputSize = spec.imageSize ** 2 * 3;
    device.activate();
    this.parameters = new Parameters(this.layers);
  }

  async trainStep(batch: TrainBatch, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkTrainBatch(batch, this.spec, this.options.maxBatch);
    const labels = batch.labels.slice(0, batch.count);
    const input = normalisedNhwc(batch, this.spec, this.options.normalisation);
    const { value, logits } = await this.trainNormalised(input, labels, loss, hyper);
    return { loss: value, correct: countCorrect(logits, labels, batch.count, this.spec.classes) };
  }

  /**
   * The step itself, on pixels that are already augmented and normalised: [labels.length][imageSize][imageSize][3].
   * After a NonFiniteLoss the parameters are not to be used.
   */
  async trainNormalised(
    input: Float32Array,
    labels: Int32Array,
    loss: Loss,
    hyper: SgdHyper,
  ): Promise<{ value: number; logits: Float32Array }> {
    checkHyper(hyper);
    return this.exclusively(async () => {
      const images = tensor4d(input, this.inputShape(labels.length));
      let step: Pass;
      try {
        step = pass(this.layers, this.parameters, images, labels, loss, "training");
      } finally {
        images.dispose();
      }
      try {
        sgdStep(this.device.rules, this.parameters, step.gradients, hyper);
        updateRunningStatistics(this.device.rules, this.parameters, step.statistics);
        const [losses, logits] = await this.device.faults.during(
          Promise.all([step.loss.data<"float32">(), step.logits.data<"float32">(), this.device.finished()]),
        );
        const value = losses[0] ?? Number.NaN;
        if (!Number.isFinite(value)) throw new NonFiniteLoss(value);
        return { value, logits: logits.slice() };
      } finally {
        disposePass(step);
      }
    });
  }

  async forward(images: Uint8Array, count: number): Promise<Forward> {
    checkImages(images, count, this.spec);
    const { featureDim, inputSize } = this;
    const { classes } = this.spec;
    const result = { features: new Float32Array(count * featureDim), logits: new Float32Array(count * classes) };
    return this.exclusively(async () => {
      const { maxBatch, normalisation } = this.options;
      for (let start = 0; start < count; start += maxBatch) {
        const length = Math.min(maxBatch, count - start);
        // One shape for every slice: the GPU buffer pool keeps a buffer of every size it ever saw.
        const padded = this.device.fixedShapes ? maxBatch : length;
        const slice = images.subarray(start * inputSize, (start + length) * inputSize);
        const input = new Float32Array(padded * inputSize);
        const raw = { count: length, images: slice, augmentation: null };
        writeNormalised(raw, this.spec, normalisation, input, nhwcLayout(this.spec.imageSize));
        const output = await this.forwardSlice(input, padded);
        result.features.set(output.features.subarray(0, length * featureDim), start * featureDim);
        result.logits.set(output.logits.subarray(0, length * classes), start * classes);
      }
      return result;
    });
  }

  /** Evaluation mode on pixels that are already normalised: [count][imageSize][imageSize][3]. */
  async forwardNormalised(input: Float32Array, count: number): Promise<Forward> {
    return this.exclusively(() => this.forwardSlice(input, count));
  }

  private async forwardSlice(input: Float32Array, count: number): Promise<Forward> {
    this.device.activate();
    const [outFeatures, outLogits] = tidy((): [Tensor2D, Tensor2D] => {
      const images = tensor4d(input, this.inputShape(count));
      const pooled = features(this.layers, this.parameters, images, byRunningStatistics(this.parameters));
      return [pooled, head(this.parameters, pooled)];
    });
    try {
      const [pooled, logits] = await this.device.faults.during(
        Promise.all([outFeatures.data<"float32">(), outLogits.data<"float32">()]),
      );
      return { features: pooled.slice(), logits: logits.slice() };
    } finally {
      outFeatures.dispose();
      outLogits.dispose();
    }
  }

  async exportState(options: { momenta: boolean }): Promise<StateDict> {
    return this.exclusively(() => this.device.faults.during(this.parameters.read(options)));
  }

  async importState(state: StateDict): Promise<void> {
    return this.exclusively(async () => this.parameters.write(state));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.parameters.dispose();
  }

  private inputShape(count: number): [number, number, number, number] {
    return [count, this.spec.imageSize, this.spec.imageSize, 3];
  }

  /** Runs one call. Its synchronous part has this network's backend; anything after an await must activate it again. */
  private async exclusively<T>(call: () => Promise<T>): Promise<T> {
    if (this.disposed) throw new Error("The network has been disposed.");
    if (this.busy) throw new Error("The network is busy: one call at a time.");
    this.device.faults.check();
    this.busy = true;
    try {
      this.device.activate();
      return await call();
    } finally {
      this.busy = false;
    }
  }
}
