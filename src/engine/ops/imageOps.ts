/**
 * What generators and feature networks are computed with: a small set of float32 operations on [n, c, h, w] maps.
 *
 * Operations are *recorded*: a call returns at once with a handle, in order; `read` runs what was recorded and waits
 * for it. A handle lives until the scope that made it ends. A shape that does not fit throws RangeError at the call,
 * never a wrong number. The bits depend on the device, not on threads; NaN goes through every operation.
 */
export interface ImageOps {
  /** "plain": loops in TypeScript that sum in float64, which the others are compared with. */
  readonly device: "plain" | "wasm-relaxed" | "wasm-simd" | "webgpu";

  /** A tensor of the device. shape [n, c, h, w]; vectors are [n, c, 1, 1]. Data in row-major order, copied. */
  upload(data: Float32Array, shape: Shape): Value;
  /** The elements in row-major order. Rejects when the device failed, now or before. */
  read(value: Value): Promise<Float32Array>;
  /** Runs `work` and frees every value it made, but for those in what it returns (a Value or an array of them). */
  scope<T extends Value | readonly Value[]>(work: () => T): T;
  free(value: Value): void;

  /** Weights laid out for the device, once; they live until `freeWeights`. weight [cout, cin, kh, kw]. */
  convolutionWeights(weight: Float32Array, shape: Shape, form: ConvolutionForm): ConvolutionWeights;
  freeWeights(weights: ConvolutionWeights): void;
  /** y = activate(w ∗ x + bias + addend). x [n, cin, h, w]; addend of y's shape. */
  convolution(x: Value, weights: ConvolutionWeights, options?: ConvolutionOptions): Value;

  /**
   * y[n, c] = activate(x[n, c] · scale + shift). scale and shift are [n or 1, c, 1, 1], or null; they are what batch
   * norm in evaluation, conditional batch norm, modulation and biases come down to.
   */
  scaleShift(x: Value, scale: Value | null, shift: Value | null, activation?: Activation): Value;
  /** y = activate((x − mean) / √(variance + eps) · gamma + beta) by groups of channels. gamma, beta [1, c, 1, 1]. */
  groupNorm(x: Value, groups: number, gamma: Value, beta: Value, eps: number, activation?: Activation): Value;
  /** Mean and biased variance of each channel over n, h, w: [1, c, 1, 1] each. */
  channelMoments(x: Value): { mean: Value; variance: Value };
  activate(x: Value, activation: Activation): Value;
  /** (a + b) · gain. b of a's shape, or with n, c, h or w = 1 where it is repeated. */
  add(a: Value, b: Value, gain?: number): Value;
  /** a · b, b of a's shape or repeated likewise. */
  multiply(a: Value, b: Value): Value;
  /** 1 / √(x + eps). */
  inverseRoot(x: Value, eps: number): Value;
  /** Channels of a, then those of b. */
  concat(a: Value, b: Value): Value;
  /** Channels from … to − 1. */
  channels(x: Value, from: number, to: number): Value;
  /** The same elements in row-major order under another shape. */
  reshape(x: Value, shape: Shape): Value;
  /** Every pixel four times: [n, c, 2h, 2w]. */
  upsampleNearest(x: Value): Value;
  /**
   * Resampling by a separable filter, per channel: zeros put between the pixels (up 2), zeros around (pad before and
   * after, both axes), then correlated with taps ⊗ taps times gain. [n, c, h·up + before + after − taps + 1, …].
   */
  filter(
    x: Value,
    taps: readonly number[],
    up: 1 | 2,
    pad: readonly [before: number, after: number],
    gain: number,
  ): Value;
  maxPool(x: Value, window: PoolWindow): Value;
  /** The mean of the pixels that are there: padding does not count. */
  averagePool(x: Value, window: PoolWindow): Value;
  /** Mean over h, w: [n, c, 1, 1]. */
  globalAverage(x: Value): Value;
  /**
   * For each pixel of q, the mean of v weighted by softmax over k's pixels of scale · ⟨q, k⟩.
   * q [n, d, h, w], k [n, d, a, b], v [n, e, a, b] → [n, e, h, w]. Queries go in tiles: no [h·w, a·b] matrix.
   */
  attention(q: Value, k: Value, v: Value, scale: number): Value;

  /** Bytes of values, weights and scratch now held. */
  readonly bytes: number;
  /** Why it will never compute again, or null. */
  readonly failure: Error | null;
  dispose(): void;
}

export type Shape = readonly [n: number, c: number, h: number, w: number];

/** A tensor on a device. */
export interface Value {
  readonly shape: Shape;
}

export interface ConvolutionWeights {
  readonly cout: number;
  readonly cin: number;
  readonly form: ConvolutionForm;
}

/**
 * What a convolution does with its input first.
 * - "none": correlation with the kernel, stride and padding as given
 * - "nearest": the input is repeated to twice its size first; computed as four smaller kernels (stride 1, odd kernel)
 * - "transposed": transposed convolution of stride 2 without padding, weight still [cout, cin, k, k] (the kernel that
 *   conv_transpose2d would take as [cin, cout, k, k]): output 2h + k − 2. Computed in four phases, no inserted zero.
 */
export interface ConvolutionForm {
  readonly up: "none" | "nearest" | "transposed";
  readonly stride: number;
  /** Zeros around the (repeated) input: top, bottom, left, right. All 0 for "transposed". */
  readonly padding: readonly [top: number, bottom: number, left: number, right: number];
}

export interface ConvolutionOptions {
  /** [1, cout, 1, 1] */
  readonly bias?: Value | null;
  readonly addend?: Value | null;
  readonly activation?: Activation;
}

/** y = gain · f(x), then clamped to ±clamp where one is given. swish(x) = x · sigmoid(x). */
export interface Activation {
  readonly kind: "linear" | "relu" | "leaky-relu" | "swish" | "tanh";
  /** Of leaky-relu. */
  readonly slope?: number;
  readonly gain?: number;
  readonly clamp?: number | null;
}

export interface PoolWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Size of a convolution's output. @throws RangeError where nothing is left of it */
export function convolutionOutput(
  h: number,
  w: number,
  kh: number,
  kw: number,
  form: ConvolutionForm,
): [number, number] {
  if (form.up === "transposed") return [2 * h + kh - 2, 2 * w + kw - 2];
  const factor = form.up === "nearest" ? 2 : 1;
  const [top, bottom, left, right] = form.padding;
  const out: [number, number] = [
    Math.floor((h * factor + top + bottom - kh) / form.stride) + 1,
    Math.floor((w * factor + left + right - kw) / form.stride) + 1,
  ];
  if (out[0] < 1 || out[1] < 1) throw new RangeError(`A ${kh}×${kw} kernel does not fit a ${h}×${w} map.`);
  return out;
}
