import type { ConvolutionForm, ImageOps, Value } from "../../engine/ops/imageOps.ts";
import { dataOf, type Parameters } from "./parameters.ts";

/** The half of an autoencoder that is not shipped: images and labels → where in z they lie. */
export interface EncoderSizes {
  readonly classes: number;
  readonly latent: number;
  /** Channels behind each convolution, which halves the sides. */
  readonly widths: readonly number[];
  /** Height = width of the images. */
  readonly side: number;
}

const HALVING: ConvolutionForm = { up: "none", stride: 2, padding: [1, 1, 1, 1] };
const POINT: ConvolutionForm = { up: "none", stride: 1, padding: [0, 0, 0, 0] };
const GROUPS = 8;

export function encoderTensors({ classes, latent, widths, side }: EncoderSizes): Map<string, readonly number[]> {
  const tensors = new Map<string, readonly number[]>();
  let from = 3;
  widths.forEach((width, i) => {
    tensors.set(`encoder.${i}.weight`, [width, from, 3, 3]);
    tensors.set(`encoder.${i}.bias`, [width]);
    tensors.set(`encoder.norm${i}.weight`, [width]);
    tensors.set(`encoder.norm${i}.bias`, [width]);
    from = width;
  });
  const pixels = (side / 2 ** widths.length) ** 2;
  for (const part of ["mean", "precision"]) {
    tensors.set(`encoder.${part}.weight`, [latent, from * pixels + classes]);
    tensors.set(`encoder.${part}.bias`, [latent]);
  }
  return tensors;
}

/**
 * A function of images [n, 3, side, side] and one-hot labels [n, classes, 1, 1] that gives the mean and the standard
 * deviation of z, [n, latent, 1, 1] each. The deviation is 1 / √(1 + s²), s the network's output: a posterior is never
 * wider than the prior, whose precision is 1.
 */
export function uploadEncoder(
  ops: ImageOps,
  { widths }: EncoderSizes,
  parameters: Parameters,
): (images: Value, labels: Value) => { readonly mean: Value; readonly s: Value; readonly deviation: Value } {
  const vector = (name: string): Value => {
    const data = dataOf(parameters, name);
    return ops.upload(data, [1, data.length, 1, 1]);
  };
  const convolution = (name: string, form: ConvolutionForm) => {
    const { shape, data } = parameters.get(`${name}.weight`) as { shape: readonly number[]; data: Float32Array };
    const [cout = 1, cin = 1, kh = 1, kw = 1] = shape;
    const weights = ops.convolutionWeights(data, [cout, cin, kh, kw], form);
    const bias = vector(`${name}.bias`);
    return (x: Value) => ops.convolution(x, weights, { bias });
  };
  const stages = widths.map((_, i) => {
    const halve = convolution(`encoder.${i}`, HALVING);
    const [gamma, beta] = [vector(`encoder.norm${i}.weight`), vector(`encoder.norm${i}.bias`)];
    return (x: Value) => ops.groupNorm(halve(x), GROUPS, gamma, beta, 1e-6, { kind: "swish" });
  });
  const toMean = convolution("encoder.mean", POINT);
  const toPrecision = convolution("encoder.precision", POINT);
  return (images, labels) => {
    const map = stages.reduce((x, stage) => stage(x), images);
    const [n, c, h, w] = map.shape;
    const features = ops.concat(ops.reshape(map, [n, c * h * w, 1, 1]), labels);
    const s = toPrecision(features);
    return { mean: toMean(features), s, deviation: ops.inverseRoot(ops.multiply(s, s), 1) };
  };
}
