import type { Trunk } from "../../networks/trunk.ts";
import { type RawImages, writeNormalised } from "../augment.ts";
import type { Normalisation, SgdHyper, StateDict } from "../network.ts";
import { imageLayout, readImageGradient, writeImages } from "./images.ts";
import { type FeatureBuffer, lowerTrunk, type ProgramName, type WasmPlan } from "./lowering/lowerTrunk.ts";
import { readTensor, writeTensor } from "./lowering/state.ts";
import type { KernelTeam } from "./team.ts";

const PAGE = 65536;

let nextId = 0;

/** Images → features on a team of kernel threads, over one WebAssembly memory. */
export class WasmTrunk {
  readonly featureDim: number;
  readonly plan: WasmPlan;
  private readonly id = nextId++;
  private readonly memory: WebAssembly.Memory;
  private readonly floats: Float32Array;
  /** Whether what evaluation computes with is in the arena and up to date. */
  private folded = false;
  private disposed = false;

  private constructor(
    trunk: Trunk,
    maxBatch: number,
    private readonly team: KernelTeam,
  ) {
    this.plan = lowerTrunk(trunk, maxBatch, team.threads);
    this.featureDim = trunk.featureDim;
    this.memory = allocate(Math.ceil(this.plan.bytes / PAGE));
    this.floats = new Float32Array(this.memory.buffer);
    const words = new Int32Array(this.memory.buffer);
    for (const { address, values } of this.plan.tables) words.set(values, address / 4);
  }

  static async create(
    trunk: Trunk,
    maxBatch: number,
    team: KernelTeam,
    module: WebAssembly.Module,
  ): Promise<WasmTrunk> {
    const made = new WasmTrunk(trunk, maxBatch, team);
    const { programs, control } = made.plan;
    await team.load(made.id, { module, memory: made.memory, programs, control });
    return made;
  }

  /** Writes a batch of square images, augmented and normalised, where every pass reads it. */
  writeImages(batch: RawImages, normalisation: Normalisation): void {
    this.checkBatch(batch.count);
    const { images } = this.plan;
    writeNormalised(batch, { imageSize: images.height }, normalisation, this.floats, imageLayout(images));
  }

  /** Writes n images that are normalised already, float32 [n][H][W][3]. */
  writeNormalisedImages(images: Float32Array, n: number): void {
    this.checkBatch(n);
    writeImages(this.floats, this.plan.images, images, n);
  }

  /** Training-mode forward pass of the n images written before → features [n, d]. */
  async forward(n: number): Promise<Float32Array> {
    this.checkBatch(n);
    const { smallestNorm } = this.plan;
    if (smallestNorm !== undefined && n * smallestNorm < 2) {
      const { height, width } = this.plan.images;
      throw new RangeError(
        `A training batch of one ${height}×${width}-pixel image leaves batch norm a single value per channel: ` +
          "its variance is undefined. Use a batch of at least 2.",
      );
    }
    await this.run("forward", n);
    return this.features(n);
  }

  /** Backward pass of the last forward, one SGD step, running statistics. */
  async backward(dFeatures: Float32Array, n: number, hyper: SgdHyper): Promise<void> {
    this.writeFeatureGradient(dFeatures, n);
    this.floats.set([hyper.lr, hyper.momentum, hyper.weightDecay], this.plan.hyper / 4);
    await this.run("backward", n);
  }

  /** Evaluation-mode forward pass of the n images written before → features [n, d]. */
  async evaluate(n: number): Promise<Float32Array> {
    this.checkBatch(n);
    if (!this.folded) await this.run("fold", n);
    await this.run("evaluate", n);
    this.folded = true;
    return this.features(n);
  }

  /** As {@link evaluate}, keeping what {@link probeGradient} needs. */
  async probe(n: number): Promise<Float32Array> {
    this.checkBatch(n);
    await this.run("probeForward", n);
    return this.features(n);
  }

  /** The gradient of the images of the last probe, [n][H][W][3]. */
  async probeGradient(dFeatures: Float32Array, n: number): Promise<Float32Array> {
    this.writeFeatureGradient(dFeatures, n);
    await this.run("probeBackward", n);
    return readImageGradient(this.floats, this.plan.imageGradient, n);
  }

  /** Adds every tensor to `state`, and `momentum/NAME` of the trained ones if asked for. */
  exportTo(state: StateDict, momenta: boolean): void {
    for (const { name, shape, storage } of this.plan.tensors) {
      state.set(name, { shape, data: readTensor(this.floats, storage) });
    }
    if (!momenta) return;
    for (const { name, shape, momentum } of this.plan.tensors) {
      if (momentum) state.set(`momentum/${name}`, { shape, data: readTensor(this.floats, momentum) });
    }
  }

  /** Takes every tensor from `state`, which has been checked; momenta that it lacks become 0. */
  importFrom(state: StateDict): void {
    this.folded = false;
    for (const { name, shape, storage, momentum } of this.plan.tensors) {
      writeTensor(this.floats, storage, (state.get(name) as { data: Float32Array }).data);
      if (!momentum) continue;
      const size = shape.reduce((product, side) => product * side, 1);
      writeTensor(this.floats, momentum, state.get(`momentum/${name}`)?.data ?? new Float32Array(size));
    }
  }

  /** A program that is running ends first: to stop it half-way would break the team for its other networks. */
  dispose(): void {
    this.disposed = true;
    this.team.unload(this.id);
  }

  private async run(program: ProgramName, n: number): Promise<void> {
    if (this.disposed) throw new Error("This network was disposed.");
    // Passes share their memory, so every other one overwrites the folded weights.
    this.folded = this.folded && program === "evaluate";
    await this.team.run(this.id, program, n);
  }

  private features(n: number): Float32Array {
    const { featureDim } = this;
    const features = new Float32Array(n * featureDim);
    forEachFeature(this.plan.features, n, (at, i) => {
      features[i] = this.floats[at] as number;
    });
    return features;
  }

  private writeFeatureGradient(dFeatures: Float32Array, n: number): void {
    forEachFeature(this.plan.dFeatures, n, (at, i) => {
      this.floats[at] = dFeatures[i] as number;
    });
  }

  private checkBatch(n: number): void {
    if (!Number.isInteger(n) || n < 1 || n > this.plan.maxBatch) {
      throw new RangeError(`This network was compiled for 1 … ${this.plan.maxBatch} images at a time, not ${n}.`);
    }
  }
}

/** Calls `visit` with the place of each feature in the arena and in [n][d]. */
function forEachFeature(
  { address, channels, lanes }: FeatureBuffer,
  n: number,
  visit: (arena: number, dense: number) => void,
): void {
  let dense = 0;
  for (let i = 0; i < n; i++) for (const lane of lanes) visit(address / 4 + i * channels + lane, dense++);
}

function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    const size = ((pages * PAGE) / 2 ** 20).toFixed(0);
    throw new Error(
      `The network's buffers need ${size} MiB of memory, which could not be had. Use a smaller batch or width.`,
      { cause },
    );
  }
}
