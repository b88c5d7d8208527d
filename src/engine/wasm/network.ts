import { type Architecture, architecture, stateLayout } from "../../networks/architecture.ts";
import type { BackendRecord } from "../backend.ts";
import { checkHyper, checkImages, checkNormalised, checkState } from "../batch.ts";
import type {
  Forward,
  InputGradient,
  InputLoss,
  Loss,
  Network,
  NetworkSpec,
  Normalisation,
  SgdHyper,
  StateDict,
  StepResult,
  TrainBatch,
} from "../network.ts";
import { LinearHead } from "./head.ts";
import type { KernelTeam } from "./team.ts";
import { WasmTrunk } from "./trunk.ts";

/** What every network of an engine shares. */
export interface WasmContext {
  readonly backend: BackendRecord;
  readonly team: KernelTeam;
  readonly module: WebAssembly.Module;
  /** Those not yet disposed. */
  readonly networks: Set<Network>;
}

/** A classifier whose trunk runs in WebAssembly, its linear head in plain loops and its loss in tfjs. */
export class WasmNetwork implements Network {
  readonly stepsInFlight = 1;
  readonly featureDim: number;
  readonly backend: BackendRecord;
  private busy = false;
  private disposed = false;

  private constructor(
    readonly spec: NetworkSpec,
    private readonly maxBatch: number,
    private readonly normalisation: Normalisation,
    private readonly architecture: Architecture,
    private readonly trunk: WasmTrunk,
    private readonly head: LinearHead,
    private readonly context: WasmContext,
  ) {
    this.featureDim = trunk.featureDim;
    this.backend = context.backend;
    context.networks.add(this);
  }

  static async create(
    spec: NetworkSpec,
    options: { maxBatch: number; normalisation: Normalisation },
    context: WasmContext,
  ): Promise<WasmNetwork> {
    const built = architecture(spec);
    const trunk = await WasmTrunk.create(built.trunk, options.maxBatch, context.team, context.module);
    const head = new LinearHead(trunk.featureDim, spec.classes);
    return new WasmNetwork(spec, options.maxBatch, options.normalisation, built, trunk, head, context);
  }

  async trainStep(batch: TrainBatch, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    return this.exclusively(async () => {
      this.trunk.writeImages(batch, this.normalisation);
      return this.trainWritten(batch.count, batch.labels, loss, hyper);
    });
  }

  /** As trainStep, on images that are normalised already: float32 [count][H][W][3]. */
  async trainNormalised(images: Float32Array, labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    return this.exclusively(async () => {
      this.trunk.writeNormalisedImages(images, labels.length);
      return this.trainWritten(labels.length, labels, loss, hyper);
    });
  }

  async forward(images: Uint8Array, count: number): Promise<Forward> {
    checkImages(images, count, this.spec);
    return this.slices(count, (first, n) => {
      const imageBytes = this.spec.imageSize ** 2 * 3;
      const slice = images.subarray(first * imageBytes, (first + n) * imageBytes);
      this.trunk.writeImages({ count: n, images: slice, augmentation: null }, this.normalisation);
      return this.trunk.evaluate(n);
    });
  }

  async forwardNormalised(input: Float32Array, count: number): Promise<Forward> {
    checkNormalised(input, count, this.spec);
    const imageLength = this.spec.imageSize ** 2 * 3;
    return this.slices(count, (first, n) => {
      this.trunk.writeNormalisedImages(input.subarray(first * imageLength, (first + n) * imageLength), n);
      return this.trunk.evaluate(n);
    });
  }

  async inputGradient(input: Float32Array, count: number, loss: InputLoss): Promise<InputGradient> {
    checkNormalised(input, count, this.spec);
    const imageLength = this.spec.imageSize ** 2 * 3;
    const gradient = new Float32Array(count * imageLength);
    const forward = await this.slices(count, async (first, n) => {
      this.trunk.writeNormalisedImages(input.subarray(first * imageLength, (first + n) * imageLength), n);
      const features = await this.trunk.probe(n);
      const dFeatures = await this.head.featureGradient(features, n, (logits) => loss(logits, first));
      gradient.set(await this.trunk.probeGradient(dFeatures, n), first * imageLength);
      return features;
    });
    return { ...forward, gradient };
  }

  async exportState({ momenta }: { momenta: boolean }): Promise<StateDict> {
    return this.exclusively(async () => {
      const state: StateDict = new Map();
      this.trunk.exportTo(state, false);
      this.head.exportTo(state, false);
      if (!momenta) return state;
      const all: StateDict = new Map();
      this.trunk.exportTo(all, true);
      this.head.exportTo(all, true);
      for (const [name, tensor] of all) if (name.startsWith("momentum/")) state.set(name, tensor);
      return state;
    });
  }

  async importState(state: StateDict): Promise<void> {
    return this.exclusively(async () => {
      checkState(state, stateLayout(this.architecture));
      this.trunk.importFrom(state);
      this.head.importFrom(state);
    });
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.trunk.dispose();
    this.context.networks.delete(this);
  }

  private async trainWritten(n: number, labels: Int32Array, loss: Loss, hyper: SgdHyper): Promise<StepResult> {
    checkHyper(hyper);
    checkLabels(labels, n, this.spec.classes);
    const features = await this.trunk.forward(n);
    const gradients = await this.head.gradients(features, labels.subarray(0, n), loss);
    this.head.update(gradients, hyper);
    await this.trunk.backward(gradients.dFeatures, n, hyper);
    return { loss: gradients.loss, correct: gradients.correct };
  }

  /** Any number of images, in slices of the compiled batch size, of which `run` makes the features. */
  private async slices(count: number, run: (first: number, n: number) => Promise<Float32Array>): Promise<Forward> {
    return this.exclusively(async () => {
      const features = new Float32Array(count * this.featureDim);
      const logits = new Float32Array(count * this.spec.classes);
      for (let first = 0; first < count; first += this.maxBatch) {
        const n = Math.min(this.maxBatch, count - first);
        const part = await run(first, n);
        features.set(part, first * this.featureDim);
        logits.set(this.head.logits(part, n), first * this.spec.classes);
      }
      return { features, logits };
    });
  }

  private async exclusively<T>(call: () => Promise<T>): Promise<T> {
    if (this.disposed) throw new Error("This network was disposed.");
    if (this.busy) throw new Error("This network is busy: one call at a time.");
    this.busy = true;
    try {
      return await call();
    } finally {
      this.busy = false;
    }
  }
}

function checkLabels(labels: Int32Array, n: number, classes: number): void {
  if (labels.length < n) throw new RangeError(`A batch of ${n} images came with ${labels.length} labels.`);
  labels.subarray(0, n).forEach((label, i) => {
    if (label >= 0 && label < classes) return;
    throw new RangeError(`Image ${i} of the batch has the label ${label}; the network knows 0 to ${classes - 1}.`);
  });
}
