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
import { checkData, checkedKernel, checkReshape } from "../shapes.ts";
import { LINEAR } from "./activation.ts";
import { attention } from "./attention.ts";
import { convolution, type PlainWeights } from "./convolution.ts";
import { add, channels, concat, inverseRoot, multiply, scaleShift } from "./pointwise.ts";
import { pool } from "./pool.ts";
import { filter, upsampleNearest } from "./resampling.ts";
import { channelMoments, globalAverage, groupNorm } from "./statistics.ts";
import { PlainValue } from "./value.ts";

/** The operations as their formulas say, at once, in TypeScript. Sums are float64; results are stored in float32. */
export function plainOps(): ImageOps {
  return new PlainOps();
}

class PlainOps implements ImageOps {
  readonly device = "plain";
  private held = 0;
  private disposed: Error | null = null;
  private readonly weights = new Set<ConvolutionWeights>();
  private readonly scopes = new Scopes<PlainValue>((value) => {
    this.held -= value.data.byteLength;
  });

  upload(data: Float32Array, shape: Shape): Value {
    checkData(data, shape);
    return this.keep(new PlainValue([...shape], data.slice()));
  }

  async read(value: Value): Promise<Float32Array> {
    this.checkAlive();
    return this.get(value).data.slice();
  }

  scope<T extends Value | readonly Value[]>(work: () => T): T {
    return this.scopes.scope(work);
  }

  free(value: Value): void {
    this.scopes.free(value);
  }

  convolutionWeights(weight: Float32Array, shape: Shape, form: ConvolutionForm): ConvolutionWeights {
    this.checkAlive();
    const weights: PlainWeights = { ...checkedKernel(weight, shape, form), data: weight.slice() };
    this.weights.add(weights);
    this.held += weight.byteLength;
    return weights;
  }

  freeWeights(weights: ConvolutionWeights): void {
    this.held -= this.kernel(weights).data.byteLength;
    this.weights.delete(weights);
  }

  convolution(x: Value, weights: ConvolutionWeights, options: ConvolutionOptions = {}): Value {
    const [bias, addend] = [this.orNull(options.bias), this.orNull(options.addend)];
    return this.keep(convolution(this.get(x), this.kernel(weights), options, bias, addend));
  }

  scaleShift(x: Value, scale: Value | null, shift: Value | null, activation: Activation = LINEAR): Value {
    return this.keep(scaleShift(this.get(x), this.orNull(scale), this.orNull(shift), activation));
  }

  groupNorm(x: Value, groups: number, gamma: Value, beta: Value, eps: number, activation: Activation = LINEAR): Value {
    return this.keep(groupNorm(this.get(x), groups, this.get(gamma), this.get(beta), eps, activation));
  }

  channelMoments(x: Value): { mean: Value; variance: Value } {
    const { mean, variance } = channelMoments(this.get(x));
    return { mean: this.keep(mean), variance: this.keep(variance) };
  }

  activate(x: Value, activation: Activation): Value {
    return this.scaleShift(x, null, null, activation);
  }

  add(a: Value, b: Value, gain = 1): Value {
    return this.keep(add(this.get(a), this.get(b), gain));
  }

  multiply(a: Value, b: Value): Value {
    return this.keep(multiply(this.get(a), this.get(b)));
  }

  inverseRoot(x: Value, eps: number): Value {
    return this.keep(inverseRoot(this.get(x), eps));
  }

  concat(a: Value, b: Value): Value {
    return this.keep(concat(this.get(a), this.get(b)));
  }

  channels(x: Value, from: number, to: number): Value {
    return this.keep(channels(this.get(x), from, to));
  }

  reshape(x: Value, shape: Shape): Value {
    checkReshape(x.shape, shape);
    return this.keep(new PlainValue([...shape], this.get(x).data.slice()));
  }

  upsampleNearest(x: Value): Value {
    return this.keep(upsampleNearest(this.get(x)));
  }

  filter(
    x: Value,
    taps: readonly number[],
    up: 1 | 2,
    pad: readonly [before: number, after: number],
    gain: number,
  ): Value {
    return this.keep(filter(this.get(x), taps, up, pad, gain));
  }

  maxPool(x: Value, window: PoolWindow): Value {
    return this.keep(pool(this.get(x), window, "max"));
  }

  averagePool(x: Value, window: PoolWindow): Value {
    return this.keep(pool(this.get(x), window, "average"));
  }

  globalAverage(x: Value): Value {
    return this.keep(globalAverage(this.get(x)));
  }

  attention(q: Value, k: Value, v: Value, scale: number): Value {
    return this.keep(attention(this.get(q), this.get(k), this.get(v), scale));
  }

  get bytes(): number {
    return this.held;
  }

  get failure(): Error | null {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) return;
    this.scopes.clear();
    this.weights.clear();
    this.held = 0;
    this.disposed = new Error("These operations were disposed.");
  }

  private keep(value: PlainValue): PlainValue {
    this.checkAlive();
    this.held += value.data.byteLength;
    return this.scopes.own(value);
  }

  private get(value: Value): PlainValue {
    this.checkAlive();
    return this.scopes.get(value);
  }

  private orNull(value: Value | null | undefined): PlainValue | null {
    return value ? this.get(value) : null;
  }

  private kernel(weights: ConvolutionWeights): PlainWeights {
    if (!this.weights.has(weights)) throw new Error("Convolution weights were used that are freed or not of here.");
    return weights as PlainWeights;
  }

  private checkAlive(): void {
    if (this.disposed) throw this.disposed;
  }
}
