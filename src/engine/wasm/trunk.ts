import { type RawImages, writeNormalised } from "../augment.ts";
import type { NetworkSpec, Normalisation, SgdHyper, StateDict } from "../network.ts";
import { strides } from "../plan/buffers.ts";
import { compileTrunk, type ProgramName, type TrunkPlan } from "../plan/trunkPlan.ts";
import { readTensor, type TrunkTensor, trunkTensors, writeTensor } from "../plan/trunkState.ts";
import type { KernelTeam } from "./team.ts";

const PAGE = 65536;

let nextId = 0;

/** Images → features on a team of kernel threads, over one WebAssembly memory. */
export class WasmTrunk {
  readonly featureDim: number;
  readonly plan: TrunkPlan;
  private readonly id = nextId++;
  private readonly memory: WebAssembly.Memory;
  private readonly floats: Float32Array;
  private readonly tensors: readonly TrunkTensor[];
  private disposed = false;

  private constructor(
    private readonly spec: NetworkSpec,
    maxBatch: number,
    private readonly team: KernelTeam,
  ) {
    this.plan = compileTrunk(spec, maxBatch);
    this.featureDim = this.plan.network.featureDim;
    const pages = Math.ceil(this.plan.bytes / PAGE);
    this.memory = allocate(pages);
    this.floats = new Float32Array(this.memory.buffer);
    const words = new Int32Array(this.memory.buffer);
    for (const { address, values } of this.plan.tables) words.set(values, address / 4);
    this.tensors = trunkTensors(this.plan.buffers);
  }

  static async create(
    spec: NetworkSpec,
    maxBatch: number,
    team: KernelTeam,
    module: WebAssembly.Module,
  ): Promise<WasmTrunk> {
    const trunk = new WasmTrunk(spec, maxBatch, team);
    const { programs, control } = trunk.plan;
    await team.load(trunk.id, { module, memory: trunk.memory, programs, control });
    return trunk;
  }

  /** Writes the batch, augmented and normalised, where forward and evaluate read it. */
  writeImages(batch: RawImages, normalisation: Normalisation): void {
    this.checkBatch(batch.count);
    const { origin, image, row, pixel } = strides(this.plan.buffers.input);
    const layout = { origin: origin / 4, image: image / 4, row: row / 4, pixel: pixel / 4 };
    writeNormalised(batch, this.spec, normalisation, this.floats, layout);
  }

  /** Writes n images that are normalised already, float32 [n][H][W][3]. */
  writeNormalisedImages(images: Float32Array, n: number): void {
    this.checkBatch(n);
    const { origin, image, row, pixel } = strides(this.plan.buffers.input);
    const size = this.spec.imageSize;
    if (images.length < n * size * size * 3) {
      throw new RangeError(
        `${n} normalised images are ${n * size * size * 3} numbers, but ${images.length} were given.`,
      );
    }
    let from = 0;
    for (let i = 0; i < n; i++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++, from += 3) {
          this.floats.set(images.subarray(from, from + 3), (origin + i * image + y * row + x * pixel) / 4);
        }
      }
    }
  }

  /** Training-mode forward pass of the n images written before → features [n, d]. */
  async forward(n: number): Promise<Float32Array> {
    this.checkBatch(n);
    if (n * this.plan.network.lastSize ** 2 < 2) {
      throw new RangeError(
        `A training batch of one ${this.spec.imageSize}-pixel image leaves batch norm a single value per channel: ` +
          "its variance is undefined. Use a batch of at least 2.",
      );
    }
    await this.run("forward", n);
    return this.features(n);
  }

  /** Backward pass of the last forward, one SGD step, running statistics. */
  async backward(dFeatures: Float32Array, n: number, hyper: SgdHyper): Promise<void> {
    this.floats.set(dFeatures, this.plan.buffers.dFeatures / 4);
    this.floats.set([hyper.lr, hyper.momentum, hyper.weightDecay], this.plan.hyper / 4);
    await this.run("backward", n);
  }

  /** Evaluation-mode forward pass → features [n, d]. */
  async evaluate(n: number): Promise<Float32Array> {
    this.checkBatch(n);
    await this.run("evaluate", n);
    return this.features(n);
  }

  /** Adds every tensor to `state`, and `momentum/NAME` of the trained ones if asked for. */
  exportTo(state: StateDict, momenta: boolean): void {
    for (const { name, shape, buffer } of this.tensors) {
      state.set(name, { shape, data: readTensor(this.floats, buffer, shape) });
    }
    if (!momenta) return;
    for (const { name, shape, momentum } of this.tensors) {
      if (momentum) state.set(`momentum/${name}`, { shape, data: readTensor(this.floats, momentum, shape) });
    }
  }

  /** Takes every tensor from `state`, which has been checked; momenta that it lacks become 0. */
  importFrom(state: StateDict): void {
    for (const { name, shape, buffer, momentum } of this.tensors) {
      writeTensor(this.floats, buffer, shape, (state.get(name) as { data: Float32Array }).data);
      if (!momentum) continue;
      const size = shape.reduce((product, side) => product * side, 1);
      writeTensor(this.floats, momentum, shape, state.get(`momentum/${name}`)?.data ?? new Float32Array(size));
    }
  }

  /** A program that is running ends first: to stop it half-way would break the team for its other networks. */
  dispose(): void {
    this.disposed = true;
    this.team.unload(this.id);
  }

  private async run(program: ProgramName, n: number): Promise<void> {
    if (this.disposed) throw new Error("This network was disposed.");
    await this.team.run(this.id, program, n);
  }

  private features(n: number): Float32Array {
    const at = this.plan.buffers.features / 4;
    return this.floats.slice(at, at + n * this.featureDim);
  }

  private checkBatch(n: number): void {
    if (!Number.isInteger(n) || n < 1 || n > this.plan.maxBatch) {
      throw new RangeError(`This network was compiled for 1 … ${this.plan.maxBatch} images at a time, not ${n}.`);
    }
  }
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
