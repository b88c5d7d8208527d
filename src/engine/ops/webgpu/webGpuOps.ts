import { reshape, slice, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { activate } from "../../tfjs.ts";
import type { Gpu } from "../../webgpu/gpu.ts";
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
import { Scopes } from "../scopes.ts";
import {
  attentionShape,
  channelsShape,
  checkData,
  checkedKernel,
  checkGroups,
  checkPerChannel,
  checkRepeated,
  checkReshape,
  concatShape,
  convolutionShape,
  elements,
  filterShape,
  poolShape,
} from "../shapes.ts";
import { attention } from "./attention.ts";
import { convolve, type GpuWeights, uploadWeights } from "./convolution.ts";
import { channelsFirst, channelsLast, sameInBothLayouts } from "./layout.ts";
import { channels, combine, concat, inverseRoot, scaleShift } from "./pointwise.ts";
import { run } from "./program.ts";
import { filter, pool, upsampleNearest } from "./resampling.ts";
import type { Run } from "./runner.ts";
import { channelMoments, globalAverage, groupNorm } from "./statistics.ts";
import type { GpuValue } from "./value.ts";

/** Operations by tfjs' products and convolutions and kernels of our own, on this worker's GPU. Maps are NHWC there. */
export class WebGpuOps implements ImageOps {
  readonly device = "webgpu";
  private readonly values: Scopes<GpuValue>;
  private readonly weights = new Set<GpuWeights>();
  private held = 0;
  private disposed = false;
  private readonly run: Run;

  /** @param scores bytes of attention's scores held at once; only tests give another number than the default */
  constructor(
    private readonly gpu: Gpu,
    private readonly scores?: number,
  ) {
    this.values = new Scopes(({ shape, tensor }) => {
      this.held -= 4 * elements(shape);
      tensor.dispose();
    });
    this.run = (program, inputs, uniforms, size, count) => run(gpu.tfjs, program, inputs, uniforms, size, count);
  }

  get bytes(): number {
    return this.held;
  }

  get failure(): Error | null {
    return this.gpu.faults.failure;
  }

  upload(data: Float32Array, shape: Shape): Value {
    checkData(data, shape);
    return this.make(shape, () => {
      const flat = tensor1d(data.slice());
      return sameInBothLayouts(shape) ? flat : channelsLast(this.run, flat, shape);
    });
  }

  async read(value: Value): Promise<Float32Array> {
    const { shape, tensor } = this.values.get(value);
    const first = this.record(() =>
      sameInBothLayouts(shape) ? tensor.clone() : channelsFirst(this.run, tensor, shape),
    );
    try {
      const data = await this.gpu.faults.during(first.data<"float32">());
      return data.slice();
    } finally {
      first.dispose();
    }
  }

  scope<T extends Value | readonly Value[]>(work: () => T): T {
    return this.values.scope(work);
  }

  free(value: Value): void {
    this.values.free(value);
  }

  convolutionWeights(weight: Float32Array, shape: Shape, form: ConvolutionForm): ConvolutionWeights {
    const kernel = checkedKernel(weight, shape, form);
    const weights = this.record(() => uploadWeights(kernel, weight));
    this.weights.add(weights);
    this.held += size(weights);
    return weights;
  }

  freeWeights(weights: ConvolutionWeights): void {
    const own = this.own(weights);
    this.weights.delete(own);
    this.held -= size(own);
    for (const { weight } of own.parts) weight.dispose();
  }

  convolution(x: Value, weights: ConvolutionWeights, options: ConvolutionOptions = {}): Value {
    const own = this.own(weights);
    const shape = convolutionShape(x.shape, own, options);
    const { bias, addend, activation } = options;
    const epilogue = {
      bias: bias ? this.values.get(bias) : null,
      addend: addend ? this.values.get(addend) : null,
      activation,
    };
    return this.make(shape, () => convolve(this.run, this.values.get(x), own, shape, epilogue));
  }

  scaleShift(x: Value, scale: Value | null, shift: Value | null, activation?: Activation): Value {
    checkPerChannel(x.shape, scale);
    checkPerChannel(x.shape, shift);
    const factor = scale && this.values.get(scale);
    const term = shift && this.values.get(shift);
    return this.make(x.shape, () => scaleShift(this.run, this.values.get(x), factor, term, activation));
  }

  groupNorm(x: Value, groups: number, gamma: Value, beta: Value, eps: number, activation?: Activation): Value {
    checkGroups(x.shape, groups, gamma, beta);
    const [own, g, b] = [this.values.get(x), this.values.get(gamma), this.values.get(beta)];
    return this.make(x.shape, () => groupNorm(this.run, own, groups, g, b, eps, activation));
  }

  channelMoments(x: Value): { mean: Value; variance: Value } {
    const shape: Shape = [1, x.shape[1], 1, 1];
    const both = this.record(() => channelMoments(this.run, this.values.get(x)));
    try {
      const part = (i: number) => this.make(shape, () => slice(both, i * shape[1], shape[1]));
      return { mean: part(0), variance: part(1) };
    } finally {
      both.dispose();
    }
  }

  activate(x: Value, activation: Activation): Value {
    return this.scaleShift(x, null, null, activation);
  }

  add(a: Value, b: Value, gain = 1): Value {
    checkRepeated(a.shape, b.shape);
    return this.make(a.shape, () => combine(this.run, "add", this.values.get(a), this.values.get(b), gain));
  }

  multiply(a: Value, b: Value): Value {
    checkRepeated(a.shape, b.shape);
    return this.make(a.shape, () => combine(this.run, "multiply", this.values.get(a), this.values.get(b), 1));
  }

  inverseRoot(x: Value, eps: number): Value {
    return this.make(x.shape, () => inverseRoot(this.run, this.values.get(x), eps));
  }

  concat(a: Value, b: Value): Value {
    const shape = concatShape(a.shape, b.shape);
    return this.make(shape, () => concat(this.run, this.values.get(a), this.values.get(b), shape));
  }

  channels(x: Value, from: number, to: number): Value {
    const shape = channelsShape(x.shape, from, to);
    return this.make(shape, () => channels(this.run, this.values.get(x), from, shape));
  }

  reshape(x: Value, shape: Shape): Value {
    checkReshape(x.shape, shape);
    const { tensor } = this.values.get(x);
    return this.make(shape, () => {
      const first = sameInBothLayouts(x.shape) ? tensor : channelsFirst(this.run, tensor, x.shape);
      return sameInBothLayouts(shape) ? first.clone() : channelsLast(this.run, first, shape);
    });
  }

  upsampleNearest(x: Value): Value {
    const [n, c, h, w] = x.shape;
    const shape: Shape = [n, c, 2 * h, 2 * w];
    return this.make(shape, () => upsampleNearest(this.run, this.values.get(x), shape));
  }

  filter(x: Value, taps: readonly number[], up: 1 | 2, pad: readonly [number, number], gain: number): Value {
    const shape = filterShape(x.shape, taps, up, pad);
    return this.make(shape, () => filter(this.run, this.values.get(x), taps, up, pad[0], gain, shape));
  }

  maxPool(x: Value, window: PoolWindow): Value {
    const shape = poolShape(x.shape, window);
    return this.make(shape, () => pool(this.run, "max", this.values.get(x), window, shape));
  }

  averagePool(x: Value, window: PoolWindow): Value {
    const shape = poolShape(x.shape, window);
    return this.make(shape, () => pool(this.run, "average", this.values.get(x), window, shape));
  }

  globalAverage(x: Value): Value {
    return this.make([x.shape[0], x.shape[1], 1, 1], () => globalAverage(this.run, this.values.get(x)));
  }

  attention(q: Value, k: Value, v: Value, scale: number): Value {
    const shape = attentionShape(q.shape, k.shape, v.shape);
    const [queries, keys, values] = [this.values.get(q), this.values.get(k), this.values.get(v)];
    return this.make(shape, () => attention(this.run, queries, keys, values, scale, this.scores));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.values.clear();
    for (const weights of [...this.weights]) this.freeWeights(weights);
    this.gpu.release();
  }

  /** Records `work` and frees the tensors it made but for its result. */
  private record<T extends Tensor | GpuWeights>(work: () => T): T {
    if (this.disposed) throw new Error("These operations have been disposed.");
    activate("webgpu");
    // tfjs keeps what it finds in a result, however deep; tidy's type names only containers of nothing but tensors.
    return tidy(work as () => Tensor) as T;
  }

  private make(shape: Shape, work: () => Tensor): Value {
    const bytes = 4 * elements(shape);
    const most = this.gpu.device.limits.maxStorageBufferBindingSize;
    if (bytes > most) {
      throw new RangeError(`A map of ${bytes} bytes is more than this GPU binds, ${most}: take smaller batches.`);
    }
    const tensor = this.record(() => reshape(work(), [bytes / 4]));
    this.held += bytes;
    return this.values.own({ shape, tensor });
  }

  private own(weights: ConvolutionWeights): GpuWeights {
    const own = weights as GpuWeights;
    if (!this.weights.has(own)) throw new Error("These weights have been freed, or belong to another device.");
    return own;
  }
}

function size({ parts }: GpuWeights): number {
  return parts.reduce((sum, { weight }) => sum + 4 * weight.size, 0);
}
