import { architecture } from "../../../../networks/architecture.ts";
import type { BackendRecord } from "../../../backend.ts";
import { checkHyper, checkImages, checkNormalised, checkTrainBatch, countCorrect } from "../../../batch.ts";
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
} from "../../../network.ts";
import type { Gpu } from "../../gpu.ts";
import { checkLabels } from "./checks.ts";
import { type BatchImages, GpuClassifier, type Queued } from "./classifier.ts";
import type { Inputs } from "./inputs.ts";

/** What every network of an engine shares. */
export interface WebGpuContext {
  readonly backend: BackendRecord;
  readonly gpu: Gpu;
  /** Those not yet disposed. */
  readonly networks: Set<Network>;
}

/** The part of an array of all images, of any kind of number, that belongs to a slice. */
type Part = <A extends Uint8Array | Float32Array>(array: A) => A;

/** A classifier on a GPU: the trunk as a compiled plan, the head in tfjs, on one device. */
export class WebGpuNetwork implements Network {
  /** The GPU computes one while JavaScript prepares the other. */
  readonly stepsInFlight = 2;
  readonly featureDim: number;
  readonly backend: BackendRecord;
  readonly classifier: GpuClassifier;
  private busy = false;
  /** Training steps under way, and when the last of them has been queued on the GPU. */
  private steps = 0;
  private queued: Promise<unknown> = Promise.resolve();
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
    const labels = batch.labels.subarray(0, batch.count);
    return this.train({ n: batch.count, write: (inputs) => inputs.writeImages(batch) }, labels, loss, hyper);
  }

  /** As trainStep, on images that are normalised already: float32 [labels.length][H][W][3]. */
  async trainNormalised(images: Float32Array, labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkNormalised(images, labels.length, this.spec);
    checkLabels(labels, this.spec.classes);
    return this.train({ n: labels.length, write: (inputs) => inputs.writeNormalised(images) }, labels, loss, hyper);
  }

  async forward(images: Uint8Array, count: number): Promise<Forward> {
    checkImages(images, count, this.spec);
    return this.slices(count, (n, part) => {
      const raw = { count: n, images: part(images), augmentation: null };
      return this.classifier.evaluate({ n, write: (inputs) => inputs.writeImages(raw) });
    });
  }

  async forwardNormalised(input: Float32Array, count: number): Promise<Forward> {
    checkNormalised(input, count, this.spec);
    return this.slices(count, (n, part) => {
      return this.classifier.evaluate({ n, write: (inputs) => inputs.writeNormalised(part(input)) });
    });
  }

  async inputGradient(input: Float32Array, count: number, loss: InputLoss): Promise<InputGradient> {
    checkNormalised(input, count, this.spec);
    const gradient = new Float32Array(input.length);
    const outputs = await this.slices(count, async (n, part, first) => {
      const images = { n, write: (inputs: Inputs) => inputs.writeNormalised(part(input)) };
      const { result } = await this.classifier.inputGradient(images, (logits) => loss(logits, first));
      const stored = result.then((outputs) => {
        part(gradient).set(outputs.gradient);
        return outputs;
      });
      return { result: stored };
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

  private async train(images: BatchImages, labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkHyper(hyper);
    this.checkFree();
    if (this.steps >= this.stepsInFlight) {
      throw new Error(`This network is busy: ${this.stepsInFlight} training steps at a time.`);
    }
    this.steps++;
    try {
      const queue = this.queued.then(() => this.classifier.train(images, (logits) => loss(logits, labels), hyper));
      this.queued = queue.catch(() => {});
      const step = await (await queue).result;
      if (!Number.isFinite(step.loss)) throw new NonFiniteLoss(step.loss);
      return { loss: step.loss, correct: countCorrect(step.logits, labels, images.n, this.spec.classes) };
    } catch (error) {
      throw this.explained(error);
    } finally {
      this.steps--;
    }
  }

  /**
   * Features and logits of all images, slice by slice. The next slice is queued while the GPU computes the last one:
   * two are in flight, never more.
   *
   * @param queue queues a slice of n images from `first` on; `part` finds its part of an array of all images
   */
  private async slices(
    count: number,
    queue: (n: number, part: Part, first: number) => Promise<Queued<Forward>>,
  ): Promise<Forward> {
    const { featureDim } = this;
    const { classes, imageSize } = this.spec;
    const { maxBatch } = this.classifier;
    const length = imageSize ** 2 * 3;
    const all = { features: new Float32Array(count * featureDim), logits: new Float32Array(count * classes) };
    return this.exclusively(async () => {
      let previous = Promise.resolve();
      for (let first = 0; first < count; first += maxBatch) {
        const n = Math.min(maxBatch, count - first);
        const { result } = await queue(n, partOf(first * length, (first + n) * length), first);
        const stored = result.then(({ features, logits }) => {
          all.features.set(features, first * featureDim);
          all.logits.set(logits, first * classes);
        });
        // Its failure is reported when it is awaited, a slice later, unless that of the slice before comes first.
        stored.catch(() => {});
        await previous;
        previous = stored;
      }
      await previous;
      return all;
    });
  }

  private async exclusively<T>(call: () => Promise<T>): Promise<T> {
    this.checkFree();
    if (this.steps > 0) throw new Error("This network is busy: it trains.");
    this.busy = true;
    try {
      return await call();
    } catch (error) {
      throw this.explained(error);
    } finally {
      this.busy = false;
    }
  }

  private checkFree(): void {
    if (this.disposed) throw new Error("This network was disposed.");
    if (this.busy) throw new Error("This network is busy: one call at a time.");
    this.context.gpu.faults.check();
  }

  /** What was on its way back from the GPU when the network was disposed fails with words about buffers. */
  private explained(error: unknown): unknown {
    return this.disposed ? new Error("This network was disposed.", { cause: error }) : error;
  }
}

function partOf(from: number, to: number): Part {
  return (array) => array.subarray(from, to) as typeof array;
}
