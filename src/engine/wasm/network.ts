import { stateLayout } from "../../networks/resnet18.ts";
import type { BackendRecord } from "../backend.ts";
import type {
  Forward,
  Loss,
  Network,
  NetworkSpec,
  Normalisation,
  SgdHyper,
  StateDict,
  StepResult,
  TrainBatch,
} from "../network.ts";
import { checkHyper, checkImages } from "../tape/batch.ts";
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

/** A classifier whose trunk runs in WebAssembly and whose head runs in tfjs. */
export class WasmNetwork implements Network {
  readonly featureDim: number;
  readonly backend: BackendRecord;
  private busy = false;
  private disposed = false;

  private constructor(
    readonly spec: NetworkSpec,
    private readonly maxBatch: number,
    private readonly normalisation: Normalisation,
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
    const trunk = await WasmTrunk.create(spec, options.maxBatch, context.team, context.module);
    const head = new LinearHead(trunk.featureDim, spec.classes);
    return new WasmNetwork(spec, options.maxBatch, options.normalisation, trunk, head, context);
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
    return this.evaluateSlices(count, (first, n) => {
      const imageBytes = this.spec.imageSize ** 2 * 3;
      const slice = images.subarray(first * imageBytes, (first + n) * imageBytes);
      this.trunk.writeImages({ count: n, images: slice, augmentation: null }, this.normalisation);
    });
  }

  /** As forward, on images that are normalised already: float32 [count][H][W][3]. */
  async forwardNormalised(images: Float32Array, count: number): Promise<Forward> {
    const imageLength = this.spec.imageSize ** 2 * 3;
    return this.evaluateSlices(count, (first, n) =>
      this.trunk.writeNormalisedImages(images.subarray(first * imageLength, (first + n) * imageLength), n),
    );
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
      checkState(state, this.trunk);
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

  private async evaluateSlices(count: number, write: (first: number, n: number) => void): Promise<Forward> {
    return this.exclusively(async () => {
      const features = new Float32Array(count * this.featureDim);
      const logits = new Float32Array(count * this.spec.classes);
      for (let first = 0; first < count; first += this.maxBatch) {
        const n = Math.min(this.maxBatch, count - first);
        write(first, n);
        const part = await this.trunk.evaluate(n);
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

/** Every tensor there, every shape right, nothing unknown; otherwise names all that is wrong. */
function checkState(state: StateDict, trunk: WasmTrunk): void {
  const wrong: string[] = [];
  const known = new Set<string>();
  const compare = (name: string, shape: readonly number[], required: boolean) => {
    known.add(name);
    const tensor = state.get(name);
    if (!tensor) {
      if (required) wrong.push(`${name} [${shape}] is missing`);
    } else if (tensor.shape.join() !== shape.join()) {
      wrong.push(`${name} is [${tensor.shape}], not [${shape}]`);
    } else if (tensor.data.length !== product(shape)) {
      wrong.push(`${name} is [${shape}] with ${tensor.data.length} numbers`);
    }
  };
  for (const { name, shape, trained } of stateLayout(trunk.plan.network)) {
    compare(name, shape, true);
    if (trained) compare(`momentum/${name}`, shape, false);
  }
  for (const name of state.keys()) if (!known.has(name)) wrong.push(`${name} is unknown`);
  if (wrong.length === 0) return;
  const { width, classes } = trunk.plan.network.spec;
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : "";
  throw new Error(
    `This state does not fit ResNet-18 of width ${width} with ${classes} classes: ${wrong.slice(0, 5).join("; ")}${more}.`,
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, side) => all * side, 1);
}
