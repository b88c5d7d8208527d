import type { ImageSet } from "../../../data/imageSet.ts";
import { INCEPTION_SIZE } from "./inceptionLayers.ts";

/**
 * How images come to Inception's 299 × 299 and to its numbers: three ways that give three different distances.
 * - "bilinear (pytorch-fid)": half-pixel bilinear without antialiasing, then 2x − 1 of [0, 1]
 * - "bicubic (clean-fid)": Pillow's bicubic in float, clipped to 0 … 255, then (x − 128) / 128
 * - "bicubic (StudioGAN clean)": the same bicubic with its overshoot, then (x / 255 − 0.5) / 0.5
 */
export const resizerNames = ["bilinear (pytorch-fid)", "bicubic (clean-fid)", "bicubic (StudioGAN clean)"] as const;
export type ResizerName = (typeof resizerNames)[number];

/** Where an output pixel looks, and with what weights. */
interface Taps {
  readonly from: number;
  readonly weights: Float64Array;
}

/** Images first … first + count − 1 of a set as Inception takes them: [count, 3, 299, 299]. */
export function inceptionInput(
  set: Pick<ImageSet, "images" | "height" | "width">,
  first: number,
  count: number,
  resizer: ResizerName,
  size = INCEPTION_SIZE,
): Float32Array {
  const { height, width } = set;
  const out = new Float32Array(count * 3 * size * size);
  const make = resizer === "bilinear (pytorch-fid)" ? linearTaps : cubicTaps;
  const [rows, columns] = [make(height, size), make(width, size)];
  const finish = finisher(resizer);
  const between = new Float64Array(height * size);
  for (let i = 0; i < count; i++) {
    const at = (first + i) * height * width * 3;
    for (let c = 0; c < 3; c++) {
      across(set.images, at + c, height, width, columns, between);
      const to = (i * 3 + c) * size * size;
      downward(between, size, rows, finish, out, to);
    }
  }
  return out;
}

function finisher(resizer: ResizerName): (value: number) => number {
  if (resizer === "bicubic (clean-fid)") return (x) => (Math.min(255, Math.max(0, x)) - 128) / 128;
  if (resizer === "bicubic (StudioGAN clean)") return (x) => (x / 255 - 0.5) / 0.5;
  return (x) => 2 * (x / 255) - 1;
}

/** One channel, its lines resized; Pillow keeps float32 between the two directions. */
function across(
  images: Uint8Array,
  at: number,
  height: number,
  width: number,
  taps: readonly Taps[],
  out: Float64Array,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < taps.length; x++) {
      const { from, weights } = taps[x] as Taps;
      let sum = 0;
      let p = at + (y * width + from) * 3;
      for (let k = 0; k < weights.length; k++, p += 3) sum += (images[p] as number) * (weights[k] as number);
      out[y * taps.length + x] = Math.fround(sum);
    }
  }
}

function downward(
  lines: Float64Array,
  size: number,
  taps: readonly Taps[],
  finish: (value: number) => number,
  out: Float32Array,
  to: number,
): void {
  for (let y = 0; y < taps.length; y++) {
    const { from, weights } = taps[y] as Taps;
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (lines[(from + k) * size + x] as number) * (weights[k] as number);
      out[to + y * size + x] = finish(Math.fround(sum));
    }
  }
}

/** torch's F.interpolate(mode="bilinear", align_corners=False): two neighbours, the edge repeated. */
function linearTaps(input: number, output: number): Taps[] {
  return Array.from({ length: output }, (_, i) => {
    const place = Math.max(0, ((i + 0.5) * input) / output - 0.5);
    const from = Math.min(Math.floor(place), input - 1);
    const share = place - from;
    return from + 1 < input
      ? { from, weights: Float64Array.of(1 - share, share) }
      : { from, weights: Float64Array.of(1) };
  });
}

/** Pillow's BICUBIC: Keys' kernel with a = −1/2, as wide as the reduction, weights of what is inside the image. */
function cubicTaps(input: number, output: number): Taps[] {
  if (input === output) return Array.from({ length: output }, (_, from) => ({ from, weights: Float64Array.of(1) }));
  const scale = input / output;
  const stretch = Math.max(1, scale);
  return Array.from({ length: output }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
    const until = Math.min(input, Math.trunc(centre + 2 * stretch + 0.5));
    const weights = Float64Array.from({ length: until - from }, (_, k) => keys((k + from - centre + 0.5) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { from, weights: weights.map((weight) => weight / sum) };
  });
}

function keys(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
