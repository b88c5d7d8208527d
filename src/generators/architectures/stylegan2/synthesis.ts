import type { Activation, ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import type { Dense } from "./mapping.ts";
import { smooth, type Taps, upsample } from "./resampling.ts";

/** The synthesis network on a device. */
export interface SynthesisWeights {
  /** What every image starts from, [width, 4, 4]. */
  readonly constant: Float32Array;
  readonly blocks: readonly BlockWeights[];
  /** Activations are clamped to ±clamp; null: they are not. */
  readonly clamp: number | null;
}

export interface BlockWeights {
  readonly resolution: number;
  readonly width: number;
  /** Filter that the image of the block before is enlarged with. */
  readonly taps: Taps;
  readonly conv0: StyledWeights | null;
  readonly conv1: StyledWeights;
  readonly torgb: StyledWeights | null;
  /** 1×1 convolution past the block; null but in "resnet" generators. */
  readonly skip: { readonly weights: ConvolutionWeights; readonly taps: Taps } | null;
}

export interface StyledWeights {
  /** "b32.conv0" */
  readonly name: string;
  readonly weights: ConvolutionWeights;
  /** [1, cout, 1, 1] */
  readonly bias: Value;
  /** Factor of each input channel, of w. */
  readonly style: Dense;
  /** Σ over the kernel of its squares, [cout, cin, 1, 1]: what demodulation needs. null: torgb, not demodulated. */
  readonly power: ConvolutionWeights | null;
  /** Of a layer that doubles the size. */
  readonly taps: Taps | null;
}

/** Noise that a layer adds: [n or 1, 1, resolution, resolution], already with its strength; null: none. */
export type NoiseOf = (layer: string, resolution: number) => Value | null;

/**
 * Images [n, 3, r, r] of styles; unbounded, nominally in [−1, 1].
 * @param ws w of each layer in turn, [n, wWidth, 1, 1]: two for every block (the first block's conv1, then each conv0
 *   and conv1, then the last torgb; a torgb before it shares the w of the next conv0)
 */
export function synthesis(ops: ImageOps, weights: SynthesisWeights, ws: readonly Value[], noise: NoiseOf): Value {
  if (ws.length !== 2 * weights.blocks.length) {
    throw new RangeError(`${weights.blocks.length} blocks take ${2 * weights.blocks.length} styles, not ${ws.length}.`);
  }
  const w = (i: number): Value => ws[i] as Value;
  const images = ops.scope(() => {
    const n = w(0).shape[0];
    let x = repeated(ops, weights.constant, n);
    let image: Value | null = null;
    weights.blocks.forEach((block, b) => {
      const used = b === 0 ? 0 : 2 * b - 1;
      const made: readonly Value[] = ops.scope(() => {
        const y = body(ops, block, x, w, used, noise, weights.clamp);
        const larger = image && upsample(ops, image, block.taps);
        if (!block.torgb) return larger ? [y, larger] : [y];
        return [y, toRgb(ops, block.torgb, y, w(2 * b + 1), larger, weights.clamp)];
      });
      ops.free(x);
      if (image) ops.free(image);
      [x, image] = [made[0] as Value, made[1] ?? null];
    });
    if (!image) throw new Error("The last block made no image.");
    return image as Value;
  });
  return images;
}

function body(
  ops: ImageOps,
  block: BlockWeights,
  x: Value,
  w: (i: number) => Value,
  used: number,
  noise: NoiseOf,
  clamp: number | null,
): Value {
  const { conv0, conv1, skip, resolution } = block;
  const layer = (weights: StyledWeights, input: Value, style: Value, gain: number): Value =>
    styled(ops, weights, input, style, noise(weights.name, resolution), gain, clamp);
  if (!conv0) return layer(conv1, x, w(used), 1);
  const gain = skip ? Math.SQRT1_2 : 1;
  const y = layer(conv1, layer(conv0, x, w(used), 1), w(used + 1), gain);
  return skip ? ops.add(y, upsample(ops, ops.convolution(x, skip.weights), skip.taps, gain)) : y;
}

/**
 * Modulated convolution, then noise, bias, leaky ReLU. Modulating the weights W_oik · s_i / norm is the same as scaling
 * the input's channels by s and the output's by 1 / √(Σ_i s_i² Σ_k W_oik² + 1e-8): one kernel serves all images.
 */
function styled(
  ops: ImageOps,
  layer: StyledWeights,
  x: Value,
  w: Value,
  noise: Value | null,
  gain: number,
  clamp: number | null,
): Value {
  return ops.scope(() => {
    const style = ops.convolution(w, layer.style.weights, { bias: layer.style.bias });
    const scale = layer.power ? ops.inverseRoot(ops.convolution(ops.multiply(style, style), layer.power), 1e-8) : null;
    let y = ops.convolution(ops.scaleShift(x, style, null), layer.weights);
    if (layer.taps) y = smooth(ops, y, layer.taps);
    const activation: Activation = {
      kind: "leaky-relu",
      slope: 0.2,
      gain: Math.SQRT2 * gain,
      clamp: clamp === null ? null : clamp * gain,
    };
    if (!noise) return ops.scaleShift(y, scale, layer.bias, activation);
    return ops.activate(ops.add(ops.scaleShift(y, scale, layer.bias), noise), activation);
  });
}

/** `image` and what the block adds to it. */
function toRgb(
  ops: ImageOps,
  layer: StyledWeights,
  x: Value,
  w: Value,
  image: Value | null,
  clamp: number | null,
): Value {
  return ops.scope(() => {
    const style = ops.convolution(w, layer.style.weights, { bias: layer.style.bias });
    const scaled = ops.scaleShift(x, style, null);
    const { bias } = layer;
    if (clamp === null) return ops.convolution(scaled, layer.weights, { bias, addend: image });
    const added = ops.convolution(scaled, layer.weights, { bias, activation: { kind: "linear", clamp } });
    return image ? ops.add(added, image) : added;
  });
}

function repeated(ops: ImageOps, constant: Float32Array, n: number): Value {
  const all = new Float32Array(n * constant.length);
  for (let i = 0; i < n; i++) all.set(constant, i * constant.length);
  return ops.upload(all, [n, constant.length / 16, 4, 4]);
}
