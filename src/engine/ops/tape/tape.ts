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
import { repeated, scaled, summedTo } from "./composed.ts";
import type { GradientOps } from "./gradientOps.ts";
import { convolutionInputGradient } from "./inputGradient.ts";

/** One recorded operation: hands the gradient of its output on to its inputs. */
interface Step {
  readonly output: Value;
  backward(dy: Value): void;
}

interface WeightData {
  readonly data: Float32Array;
  readonly shape: Shape;
}

const LINEAR: Activation = { kind: "linear" };

/**
 * Records what a pure function computes with a device's operations, and differentiates it: forward functions of
 * networks are trained as they are. Reverse mode; only what depends on a watched value or weight is recorded.
 *
 * Everything lives until the scope of the *device* ends that a training step runs in; scopes of the tape itself free
 * nothing, since the backward pass may need what the forward pass is done with.
 */
export class Tape implements ImageOps {
  private readonly steps: Step[] = [];
  private readonly watched = new Set<Value | ConvolutionWeights>();
  private readonly gradients = new Map<Value | ConvolutionWeights, Value>();
  private readonly weights = new Map<ConvolutionWeights, WeightData>();
  private readonly laidOut = new Map<ConvolutionWeights, ConvolutionWeights>();
  private readonly temporary: ConvolutionWeights[] = [];
  /** Trained arrays, and their handle once they are on the device. */
  private readonly trained = new Map<Float32Array, Value | ConvolutionWeights | null>();

  constructor(
    private readonly ops: ImageOps,
    private readonly gradientOps: GradientOps,
  ) {}

  get device(): ImageOps["device"] {
    return this.ops.device;
  }

  /** From here on, what is computed from `value` is recorded and `gradient(value)` will be there. */
  watch<T extends Value | ConvolutionWeights>(value: T): T {
    this.watched.add(value);
    return value;
  }

  /** Whatever `data` becomes on the device, a value or a convolution's weights, is watched. */
  train(data: Float32Array): void {
    this.trained.set(data, null);
  }

  /** Gradient of an array under training. @throws Error where nothing depended on it */
  gradientOf(data: Float32Array): Value {
    const handle = this.trained.get(data);
    if (!handle) throw new Error("This array is not under training, or was never given to the device.");
    return this.gradient(handle);
  }

  /** Adds the gradients of Σ ⟨value, gradient⟩ of everything watched. */
  backward(...seeds: readonly (readonly [value: Value, gradient: Value])[]): void {
    for (const [value, gradient] of seeds) this.give(value, gradient);
    for (const step of this.steps.splice(0).reverse()) {
      const dy = this.gradients.get(step.output);
      if (dy) step.backward(dy);
    }
  }

  /** Of a watched value, or of weights ([cout, cin, kh, kw]). @throws Error where nothing depended on it */
  gradient(of: Value | ConvolutionWeights): Value {
    const gradient = this.gradients.get(of);
    if (!gradient) throw new Error("There is no gradient: it is not watched, or no seed depends on it.");
    return gradient;
  }

  upload(data: Float32Array, shape: Shape): Value {
    return this.claim(data, this.ops.upload(data, shape));
  }

  read(value: Value): Promise<Float32Array> {
    return this.ops.read(value);
  }

  scope<T extends Value | readonly Value[]>(work: () => T): T {
    return work();
  }

  free(): void {}

  convolutionWeights(weight: Float32Array, shape: Shape, form: ConvolutionForm): ConvolutionWeights {
    if (form.up === "transposed") throw new RangeError("The tape does not differentiate transposed convolutions.");
    const plain: ConvolutionForm = { ...form, up: "none" };
    const laidOut = this.ops.convolutionWeights(weight, shape, plain);
    // The handle says what was asked for; the repetition is a step of its own.
    const handle: ConvolutionWeights = form.up === "none" ? laidOut : { cout: laidOut.cout, cin: laidOut.cin, form };
    this.weights.set(handle, { data: weight, shape });
    this.laidOut.set(handle, laidOut);
    return this.claim(weight, handle);
  }

  /** Frees arrays under training and all weights laid out; call it when the gradients have been read. */
  dispose(): void {
    for (const handle of this.trained.values()) if (handle && "shape" in handle) this.ops.free(handle);
    this.trained.clear();
    for (const laidOut of this.laidOut.values()) this.ops.freeWeights(laidOut);
    for (const mirrored of this.temporary.splice(0)) this.ops.freeWeights(mirrored);
    this.laidOut.clear();
    this.weights.clear();
  }

  freeWeights(): void {}

  convolution(x: Value, weights: ConvolutionWeights, options: ConvolutionOptions = {}): Value {
    const laidOut = this.laidOut.get(weights);
    const source = this.weights.get(weights);
    if (!laidOut || !source) throw new RangeError("These weights were not laid out by this tape.");
    const input = weights.form.up === "nearest" ? this.upsampleNearest(x) : x;
    const { bias = null, addend = null, activation = LINEAR } = options;
    const y = this.ops.convolution(input, laidOut, { bias, addend });
    this.record(y, [input, weights, bias, addend], (dy) => {
      const form = laidOut.form;
      const keep = (mirrored: ConvolutionWeights) => this.temporary.push(mirrored);
      this.pass(input, () => {
        return convolutionInputGradient(this.ops, dy, source.data, source.shape, form, input.shape, keep);
      });
      this.pass(weights, () => this.gradientOps.filterGradient(input, dy, source.shape, form));
      this.pass(bias, () => summedTo(this.ops, dy, [1, dy.shape[1], 1, 1]));
      this.pass(addend, () => dy);
    });
    return this.finish(y, activation);
  }

  scaleShift(x: Value, scale: Value | null, shift: Value | null, activation: Activation = LINEAR): Value {
    const { ops } = this;
    const y = ops.scaleShift(x, scale, shift);
    this.record(y, [x, scale, shift], (dy) => {
      this.pass(x, () => (scale ? ops.scaleShift(dy, scale, null) : dy));
      if (scale) this.pass(scale, () => summedTo(ops, ops.multiply(dy, x), scale.shape));
      if (shift) this.pass(shift, () => summedTo(ops, dy, shift.shape));
    });
    return this.finish(y, activation);
  }

  groupNorm(x: Value, groups: number, gamma: Value, beta: Value, eps: number, activation: Activation = LINEAR): Value {
    const y = this.ops.groupNorm(x, groups, gamma, beta, eps, activation);
    this.record(y, [x, gamma, beta], (dy) => {
      const gradient = this.gradientOps.groupNormGradient(x, dy, groups, gamma, beta, eps, activation);
      this.pass(x, () => gradient.x);
      this.pass(gamma, () => gradient.gamma);
      this.pass(beta, () => gradient.beta);
    });
    return y;
  }

  channelMoments(x: Value): { mean: Value; variance: Value } {
    const { ops } = this;
    const moments = ops.channelMoments(x);
    const [n, , h, w] = x.shape;
    const count = n * h * w;
    this.record(moments.mean, [x], (dy) => this.pass(x, () => repeated(ops, scaled(ops, dy, 1 / count), x)));
    this.record(moments.variance, [x], (dy) => {
      const slope = scaled(ops, dy, 2 / count);
      this.pass(x, () => ops.scaleShift(x, slope, scaled(ops, ops.multiply(slope, moments.mean), -1)));
    });
    return moments;
  }

  activate(x: Value, activation: Activation): Value {
    const y = this.ops.activate(x, activation);
    this.record(y, [x], (dy) => this.pass(x, () => this.gradientOps.activationGradient(x, dy, activation)));
    return y;
  }

  add(a: Value, b: Value, gain = 1): Value {
    const { ops } = this;
    const y = ops.add(a, b, gain);
    this.record(y, [a, b], (dy) => {
      const scaledGradient = scaled(ops, dy, gain);
      this.pass(a, () => scaledGradient);
      this.pass(b, () => summedTo(ops, scaledGradient, b.shape));
    });
    return y;
  }

  multiply(a: Value, b: Value): Value {
    const { ops } = this;
    const y = ops.multiply(a, b);
    this.record(y, [a, b], (dy) => {
      this.pass(a, () => ops.multiply(dy, b));
      this.pass(b, () => summedTo(ops, ops.multiply(dy, a), b.shape));
    });
    return y;
  }

  inverseRoot(x: Value, eps: number): Value {
    const { ops } = this;
    const y = ops.inverseRoot(x, eps);
    this.record(y, [x], (dy) => {
      this.pass(x, () => scaled(ops, ops.multiply(dy, ops.multiply(y, ops.multiply(y, y))), -0.5));
    });
    return y;
  }

  concat(a: Value, b: Value): Value {
    const { ops } = this;
    const y = ops.concat(a, b);
    const first = a.shape[1];
    this.record(y, [a, b], (dy) => {
      this.pass(a, () => ops.channels(dy, 0, first));
      this.pass(b, () => ops.channels(dy, first, y.shape[1]));
    });
    return y;
  }

  channels(x: Value, from: number, to: number): Value {
    const { ops } = this;
    const y = ops.channels(x, from, to);
    this.record(y, [x], (dy) => {
      this.pass(x, () => {
        const [n, c, h, w] = x.shape;
        const zeros = (count: number) => ops.upload(new Float32Array(n * count * h * w), [n, count, h, w]);
        const padded = from === 0 ? dy : ops.concat(zeros(from), dy);
        return to === c ? padded : ops.concat(padded, zeros(c - to));
      });
    });
    return y;
  }

  reshape(x: Value, shape: Shape): Value {
    const y = this.ops.reshape(x, shape);
    this.record(y, [x], (dy) => this.pass(x, () => this.ops.reshape(dy, x.shape)));
    return y;
  }

  upsampleNearest(x: Value): Value {
    const { ops } = this;
    const y = ops.upsampleNearest(x);
    this.record(y, [x], (dy) => {
      this.pass(x, () => scaled(ops, ops.averagePool(dy, { kernel: 2, stride: 2, padding: 0 }), 4));
    });
    return y;
  }

  averagePool(x: Value, window: PoolWindow): Value {
    const { ops } = this;
    const y = ops.averagePool(x, window);
    this.record(y, [x], (dy) => {
      const { kernel, stride, padding } = window;
      if (kernel !== 2 || stride !== 2 || padding !== 0 || x.shape[2] % 2 || x.shape[3] % 2) {
        throw new RangeError("The tape differentiates average pools of 2 × 2 pixels of even maps only.");
      }
      this.pass(x, () => scaled(ops, ops.upsampleNearest(dy), 0.25));
    });
    return y;
  }

  globalAverage(x: Value): Value {
    const { ops } = this;
    const y = ops.globalAverage(x);
    const [, , h, w] = x.shape;
    this.record(y, [x], (dy) => this.pass(x, () => repeated(ops, scaled(ops, dy, 1 / (h * w)), x)));
    return y;
  }

  filter(x: Value, taps: readonly number[], up: 1 | 2, pad: readonly [number, number], gain: number): Value {
    return this.undifferentiated("filter", [x], this.ops.filter(x, taps, up, pad, gain));
  }

  maxPool(x: Value, window: PoolWindow): Value {
    return this.undifferentiated("maxPool", [x], this.ops.maxPool(x, window));
  }

  attention(q: Value, k: Value, v: Value, scale: number): Value {
    const y = this.ops.attention(q, k, v, scale);
    this.record(y, [q, k, v], (dy) => {
      const gradient = this.gradientOps.attentionGradient(q, k, v, dy, scale);
      this.pass(q, () => gradient.q);
      this.pass(k, () => gradient.k);
      this.pass(v, () => gradient.v);
    });
    return y;
  }

  get bytes(): number {
    return this.ops.bytes;
  }

  get failure(): Error | null {
    return this.ops.failure;
  }

  /** @throws Error where an array under training comes twice: its gradient would be a sum of two shapes */
  private claim<T extends Value | ConvolutionWeights>(data: Float32Array, handle: T): T {
    const before = this.trained.get(data);
    if (before === undefined) return handle;
    if (before !== null) throw new Error("An array under training was given to the device twice.");
    this.trained.set(data, handle);
    return this.watch(handle);
  }

  private finish(y: Value, activation: Activation): Value {
    const { kind, gain = 1, clamp = null } = activation;
    return kind === "linear" && gain === 1 && clamp === null ? y : this.activate(y, activation);
  }

  private undifferentiated(name: string, inputs: readonly Value[], y: Value): Value {
    this.record(y, inputs, () => {
      throw new RangeError(`The tape does not differentiate ${name}.`);
    });
    return y;
  }

  private record(
    output: Value,
    inputs: readonly (Value | ConvolutionWeights | null)[],
    backward: (dy: Value) => void,
  ): void {
    if (!inputs.some((input) => input !== null && this.watched.has(input))) return;
    this.watched.add(output);
    this.steps.push({ output, backward });
  }

  /** Computes and adds the gradient of an input, if anything wants it. */
  private pass(input: Value | ConvolutionWeights | null, gradient: () => Value): void {
    if (input !== null && this.watched.has(input)) this.give(input, gradient());
  }

  private give(input: Value | ConvolutionWeights, gradient: Value): void {
    const before = this.gradients.get(input);
    this.gradients.set(input, before ? this.ops.add(before, gradient) : gradient);
  }
}
