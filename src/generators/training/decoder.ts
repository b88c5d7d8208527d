import type { ConvolutionForm, ConvolutionWeights, ImageOps, Shape, Value } from "../../engine/ops/imageOps.ts";
import { dataOf, type Parameters } from "./parameters.ts";

/** A class-conditional generator of StudioGAN's big_resnet without attention and without spectral norm. */
export interface DecoderSizes {
  readonly classes: number;
  /** Floats of z that the first layer and each block get. */
  readonly chunk: number;
  /** Floats of a class's embedding. */
  readonly shared: number;
  /** Channels at 4 × 4 pixels, then behind each block, which doubles the sides. */
  readonly widths: readonly number[];
}

/** Batch norm's eps in StudioGAN. */
const EPS = 1e-4;
const SAME: ConvolutionForm = { up: "none", stride: 1, padding: [1, 1, 1, 1] };
const POINT: ConvolutionForm = { up: "none", stride: 1, padding: [0, 0, 0, 0] };

export function latentSize({ chunk, widths }: DecoderSizes): number {
  return chunk * widths.length;
}

/** Trained tensors by StudioGAN's names; "shared.weight" is kept as [shared, classes] until it is exported. */
export function decoderTensors({ classes, chunk, shared, widths }: DecoderSizes): Map<string, readonly number[]> {
  const tensors = new Map<string, readonly number[]>();
  const first = widths[0] as number;
  const layer = (name: string, shape: readonly number[]) => {
    tensors.set(`${name}.weight`, shape);
    tensors.set(`${name}.bias`, [shape[0] as number]);
  };
  tensors.set("shared.weight", [shared, classes]);
  layer("linear0", [first * 16, chunk]);
  for (let i = 0; i + 1 < widths.length; i++) {
    const [from, to] = [widths[i] as number, widths[i + 1] as number];
    for (const [norm, width] of [["bn1", from] as const, ["bn2", to] as const]) {
      for (const part of ["gain", "bias"]) tensors.set(`blocks.${i}.0.${norm}.${part}.weight`, [width, shared + chunk]);
    }
    layer(`blocks.${i}.0.conv2d0`, [to, from, 1, 1]);
    layer(`blocks.${i}.0.conv2d1`, [to, from, 3, 3]);
    layer(`blocks.${i}.0.conv2d2`, [to, to, 3, 3]);
  }
  const last = widths.at(-1) as number;
  tensors.set("bn4.weight", [last]);
  tensors.set("bn4.bias", [last]);
  layer("conv2d5", [3, last, 3, 3]);
  return tensors;
}

/** Called for every batch norm with the batch's statistics, [1, c, 1, 1]. */
export type MomentsHook = (name: string, moments: { readonly mean: Value; readonly variance: Value }) => void;

/** A decoder on a device. */
export interface Decoder {
  /** z [n, latentSize, 1, 1] and one-hot labels [n, classes, 1, 1] → images [n, 3, r, r] in (−1, 1). */
  decode(z: Value, labels: Value): Value;
  dispose(): void;
}

/** Lays out the decoder for training: batch norm goes by the statistics of the batch. */
export function uploadDecoder(
  ops: ImageOps,
  sizes: DecoderSizes,
  parameters: Parameters,
  hook: MomentsHook = () => {},
): Decoder {
  const kernels: ConvolutionWeights[] = [];
  const vectors: Value[] = [];
  const convolution = (name: string, form: ConvolutionForm, biased = true) => {
    const { shape, data } = parameters.get(`${name}.weight`) as { shape: readonly number[]; data: Float32Array };
    const [cout = 1, cin = 1, kh = 1, kw = 1] = shape;
    const weights = ops.convolutionWeights(data, [cout, cin, kh, kw], form);
    kernels.push(weights);
    const bias = biased ? vector(`${name}.bias`) : null;
    return (x: Value, addend: Value | null = null) => ops.convolution(x, weights, { bias, addend });
  };
  const vector = (name: string): Value => {
    const data = dataOf(parameters, name);
    const value = ops.upload(data, [1, data.length, 1, 1]);
    vectors.push(value);
    return value;
  };
  /** Scale and shift of a norm from its gain and bias, [n or 1, c, 1, 1], then ReLU. */
  const normed = (name: string, x: Value, gain: Value, bias: Value): Value => {
    const moments = ops.channelMoments(x);
    hook(name, moments);
    const scale = ops.multiply(gain, ops.inverseRoot(moments.variance, EPS));
    const offset = ops.activate(ops.multiply(scale, moments.mean), { kind: "linear", gain: -1 });
    return ops.scaleShift(x, scale, ops.add(offset, bias), { kind: "relu" });
  };

  const embed = convolution("shared", POINT, false);
  const first = convolution("linear0", POINT);
  const blocks = sizes.widths.slice(1).map((_, i) => {
    const block = `blocks.${i}.0`;
    const norms = ["bn1", "bn2"].map((norm) => {
      const gain = convolution(`${block}.${norm}.gain`, POINT, false);
      const bias = convolution(`${block}.${norm}.bias`, POINT, false);
      return (x: Value, condition: Value) => {
        const one = ops.upload(new Float32Array(x.shape[1]).fill(1), [1, x.shape[1], 1, 1]);
        return normed(`${block}.${norm}`, x, ops.add(gain(condition), one), bias(condition));
      };
    });
    const [norm1, norm2] = norms as [(typeof norms)[0], (typeof norms)[0]];
    const shortcut = convolution(`${block}.conv2d0`, POINT);
    const inner = convolution(`${block}.conv2d1`, SAME);
    const outer = convolution(`${block}.conv2d2`, SAME);
    return (x: Value, condition: Value) => {
      const wide = inner(ops.upsampleNearest(norm1(x, condition)));
      // A 1×1 kernel gives the same before doubling, at a quarter of the cost.
      return outer(norm2(wide, condition), ops.upsampleNearest(shortcut(x)));
    };
  });
  const [gain4, bias4] = [vector("bn4.weight"), vector("bn4.bias")];
  const last = convolution("conv2d5", SAME);

  const decode = (z: Value, labels: Value): Value => {
    const { chunk, widths } = sizes;
    const part = (k: number) => ops.channels(z, k * chunk, (k + 1) * chunk);
    const classes = embed(labels);
    const shape: Shape = [z.shape[0], widths[0] as number, 4, 4];
    let x = ops.reshape(first(part(0)), shape);
    blocks.forEach((block, i) => {
      x = block(x, ops.concat(classes, part(i + 1)));
    });
    return ops.activate(last(normed("bn4", x, gain4, bias4)), { kind: "tanh" });
  };
  return {
    decode,
    dispose() {
      for (const weights of kernels) ops.freeWeights(weights);
      for (const value of vectors) ops.free(value);
    },
  };
}
