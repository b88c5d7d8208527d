import { architecture } from "../../../networks/architecture.ts";
import type { BackendRecord } from "../../backend.ts";
import { checkHyper, checkImages, checkNormalised, checkTrainBatch, countCorrect } from "../../batch.ts";
import {
  type Forward,
  type InputGradient,
  type InputLoss,
  type Loss,
  type Network,
  type NetworkSpec,
  NonFiniteLoss,
  type Normalisation,
  type SgdHyper,
  type StateDict,
  type StepResult,
  type TrainBatch,
} from "../../network.ts";
import type { Gpu } from "../gpu.ts";
import { checkLabels } from "./checks.ts";
import { GpuClassifier } from "./classifier.ts";

/** What every network of an engine shares. */
export interface WebGpuContext {
  readonly backend: BackendRecord;
  readonly gpu: Gpu;
  /** Those not yet disposed. */
  readonly networks: Set<Network>;
}

/** A classifier on a GPU: the trunk as a compiled plan, the head in tfjs, on one device. */
export class WebGpuNetwork implements Network {
  readonly featureDim: number;
  readonly backend: BackendRecord;
  readonly classifier: GpuClassifier;
  private busy = false;
  private disposed = false;

  constructor(
    readonly spec: NetworkSpec,
    options: { maxBatch: number; normalisation: Normalisation },
    private readonly context: WebGpuContext,
  ) {
    this.classifier = new GpuClassifier(context.gpu, architecture(spec), options);
    this.featureDim = this.classifier.architecture.trunk.featureDim;
    this.backend = context.backend;
    context.networks.add(this);
  }

  /** After a NonFiniteLoss the parameters are not to be used. */
  async trainStep(batch: TrainBatch, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkTrainBatch(batch, this.spec, this.classifier.maxBatch);
    return this.exclusively(() => {
      this.classifier.inputs.writeImages(batch);
      return this.trainWritten(batch.labels.subarray(0, batch.count), loss, hyper);
    });
  }

  /** As trainStep, on images that are normalised already: float32 [labels.length][H][W][3]. */
  async trainNormalised(images: Float32Array, labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkNormalised(images, labels.length, this.spec);
    checkLabels(labels, this.spec.classes);
    return this.exclusively(() => {
      this.classifier.inputs.writeNormalised(images, labels.length);
      return this.trainWritten(labels, loss, hyper);
    });
  }

  async forward(images: Uint8Array, count: number): Promise<Forward> {
    checkImages(images, count, this.spec);
    return this.evaluateSlices(count, (first, n) => {
      const slice = images.subarray(first * this.imageLength, (first + n) * this.imageLength);
      this.classifier.inputs.writeImages({ count: n, images: slice, augmentation: null });
    });
  }

  async forwardNormalised(input: Float32Array, count: number): Promise<Forward> {
    checkNormalised(input, count, this.spec);
    return this.evaluateSlices(count, (first, n) => this.writeNormalised(input, first, n));
  }

  async inputGradient(input: Float32Array, count: number, loss: InputLoss): Promise<InputGradient> {
    checkNormalised(input, count, this.spec);
    const gradient = new Float32Array(input.length);
    const outputs = await this.slices(count, async (first, n) => {
      this.writeNormalised(input, first, n);
      const part = await this.classifier.inputGradient(n, (logits) => loss(logits, first));
      gradient.set(part.gradient, first * this.imageLength);
      return part;
    });
    return { gradient, ...outputs };
  }

  async exportState(options: { momenta: boolean }): Promise<StateDict> {
    return this.exclusively(() => this.classifier.exportState(options));
  }

  async importState(state: StateDict): Promise<void> {
    return this.exclusively(async () => this.classifier.importState(state));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.classifier.dispose();
    this.context.networks.delete(this);
  }

  private async trainWritten(labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkHyper(hyper);
    const n = labels.length;
    const { loss: mean, logits } = await this.classifier.train(n, (logits) => loss(logits, labels), hyper);
    if (!Number.isFinite(mean)) throw new NonFiniteLoss(mean);
    return { loss: mean, correct: countCorrect(logits, labels, n, this.spec.classes) };
  }

  private evaluateSlices(count: number, write: (first: number, n: number) => void): Promise<Forward> {
    return this.slices(count, (first, n) => {
      write(first, n);
      return this.classifier.evaluate(n);
    });
  }

  /** Features and logits of all images, slice by slice. */
  private async slices(count: number, run: (first: number, n: number) => Promise<Forward>): Promise<Forward> {
    const { featureDim } = this;
    const { classes } = this.spec;
    const { maxBatch } = this.classifier;
    const all = { features: new Float32Array(count * featureDim), logits: new Float32Array(count * classes) };
    return this.exclusively(async () => {
      for (let first = 0; first < count; first += maxBatch) {
        const { features, logits } = await run(first, Math.min(maxBatch, count - first));
        all.features.set(features, first * featureDim);
        all.logits.set(logits, first * classes);
      }
      return all;
    });
  }

  private writeNormalised(input: Float32Array, first: number, n: number): void {
    const slice = input.subarray(first * this.imageLength, (first + n) * this.imageLength);
    this.classifier.inputs.writeNormalised(slice, n);
  }

  /** Numbers, or bytes, of one image. */
  private get imageLength(): number {
    return this.spec.imageSize ** 2 * 3;
  }

  private async exclusively<T>(call: () => Promise<T>): Promise<T> {
    if (this.disposed) throw new Error("This network was disposed.");
    if (this.busy) throw new Error("This network is busy: one call at a time.");
    this.context.gpu.faults.check();
    this.busy = true;
    try {
      return await call();
    } finally {
      this.busy = false;
    }
  }
}
