import type { HelperPort } from "../../dense/helpers.ts";
import type { Variant } from "../../dense/wasmKernels.ts";
import type {
  Activation,
  ConvolutionForm,
  ConvolutionOptions,
  ConvolutionWeights,
  ImageOps,
  PoolWindow,
  Shape,
  Value,
} from "../imageOps.ts";
import { checkData } from "../shapes.ts";
import { LINEAR } from "./activation.ts";
import { attention } from "./attention.ts";
import { convolution } from "./convolution.ts";
import { Device } from "./device.ts";
import { add, channels, concat, inverseRoot, multiply, reshape, scaleShift } from "./pointwise.ts";
import { Recorder } from "./recorder.ts";
import { filter, pool, upsampleNearest } from "./resampling.ts";
import { channelMoments, globalAverage, groupNorm } from "./statistics.ts";
import { Team } from "./team.ts";
import { createWeights, isWasmWeights, refillWeights, releaseWeights, type WasmWeights } from "./weights.ts";

/** The operations in WebAssembly, on threads of their own: nothing computes on the calling thread while there are any. */
export class WasmOps implements ImageOps {
  readonly device: "wasm-relaxed" | "wasm-simd";
  /** To record further kernels on the same memory. */
  readonly internals: Device;
  private readonly recorder: Recorder;
  private readonly weights = new Set<ConvolutionWeights>();

  /** @param spawn starts a thread; null where a shared memory cannot be posted, and then `threads` must be 1 */
  constructor(variant: Variant, threads: number, module: WebAssembly.Module, spawn: (() => HelperPort) | null) {
    this.device = `wasm-${variant}`;
    this.recorder = new Recorder((memory) => new Team(threads, module, memory, spawn));
    this.internals = new Device(this.recorder);
  }

  upload(data: Float32Array, shape: Shape): Value {
    checkData(data, shape);
    this.checkAlive();
    const { arena } = this.recorder;
    const staging = arena.takeNow(data.byteLength);
    arena.floats(staging, data.length).set(data);
    const value = this.internals.create(shape);
    this.internals.pack(staging, value);
    arena.give(staging);
    return value;
  }

  async read(value: Value): Promise<Float32Array> {
    const map = this.get(value);
    const { arena } = this.recorder;
    const length = map.shape.reduce((product, side) => product * side);
    const rows = arena.take(length * 4);
    try {
      this.internals.unpack(map, rows);
      await this.recorder.flush();
      return arena.floats(rows, length).slice();
    } finally {
      arena.give(rows);
    }
  }

  scope<T extends Value | readonly Value[]>(work: () => T): T {
    return this.internals.scope(work);
  }

  free(value: Value): void {
    this.internals.free(value);
  }

  convolutionWeights(weight: Float32Array, shape: Shape, form: ConvolutionForm): ConvolutionWeights {
    this.checkAlive();
    const weights = createWeights(this.internals, weight, shape, form);
    this.weights.add(weights);
    return weights;
  }

  freeWeights(weights: ConvolutionWeights): void {
    releaseWeights(this.internals, this.kernel(weights));
    this.weights.delete(weights);
  }

  /** Weights get the numbers of a value of their shape, in order with what is recorded. */
  refillWeights(weights: ConvolutionWeights, value: Value): void {
    refillWeights(this.internals, this.kernel(weights), this.get(value));
  }

  convolution(x: Value, weights: ConvolutionWeights, options: ConvolutionOptions = {}): Value {
    return convolution(this.internals, this.get(x), this.kernel(weights), options);
  }

  scaleShift(x: Value, scale: Value | null, shift: Value | null, activation: Activation = LINEAR): Value {
    const { internals } = this;
    return scaleShift(internals, this.get(x), internals.orNull(scale), internals.orNull(shift), activation);
  }

  groupNorm(x: Value, groups: number, gamma: Value, beta: Value, eps: number, activation: Activation = LINEAR): Value {
    return groupNorm(this.internals, this.get(x), groups, this.get(gamma), this.get(beta), eps, activation);
  }

  channelMoments(x: Value): { mean: Value; variance: Value } {
    return channelMoments(this.internals, this.get(x));
  }

  activate(x: Value, activation: Activation): Value {
    return this.scaleShift(x, null, null, activation);
  }

  add(a: Value, b: Value, gain = 1): Value {
    return add(this.internals, this.get(a), this.get(b), gain);
  }

  multiply(a: Value, b: Value): Value {
    return multiply(this.internals, this.get(a), this.get(b));
  }

  inverseRoot(x: Value, eps: number): Value {
    return inverseRoot(this.internals, this.get(x), eps);
  }

  concat(a: Value, b: Value): Value {
    return concat(this.internals, this.get(a), this.get(b));
  }

  channels(x: Value, from: number, to: number): Value {
    return channels(this.internals, this.get(x), from, to);
  }

  reshape(x: Value, shape: Shape): Value {
    return reshape(this.internals, this.get(x), shape);
  }

  upsampleNearest(x: Value): Value {
    return upsampleNearest(this.internals, this.get(x));
  }

  filter(
    x: Value,
    taps: readonly number[],
    up: 1 | 2,
    pad: readonly [before: number, after: number],
    gain: number,
  ): Value {
    return filter(this.internals, this.get(x), taps, up, pad, gain);
  }

  maxPool(x: Value, window: PoolWindow): Value {
    return pool(this.internals, this.get(x), window, "max");
  }

  averagePool(x: Value, window: PoolWindow): Value {
    return pool(this.internals, this.get(x), window, "average");
  }

  globalAverage(x: Value): Value {
    return globalAverage(this.internals, this.get(x));
  }

  attention(q: Value, k: Value, v: Value, scale: number): Value {
    return attention(this.internals, this.get(q), this.get(k), this.get(v), scale);
  }

  get bytes(): number {
    return this.recorder.arena.bytes;
  }

  get failure(): Error | null {
    return this.recorder.failure;
  }

  dispose(): void {
    this.recorder.stop(new Error("These operations were disposed."));
    this.weights.clear();
  }

  private get(value: Value) {
    this.checkAlive();
    return this.internals.get(value);
  }

  private kernel(weights: ConvolutionWeights): WasmWeights {
    if (!this.weights.has(weights) || !isWasmWeights(weights)) {
      throw new Error("Convolution weights were used that are freed or not of here.");
    }
    return weights;
  }

  private checkAlive(): void {
    if (this.failure) throw this.failure;
  }
}
