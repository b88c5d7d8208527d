import { blocksOf, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { scalePlane } from "./pointwise";

/** A plane's record: sum of 8 channels, then sum of the squared distances from their means; float64. */
const RECORD: usize = 128;
/** Where the squares begin. */
const SQUARES: usize = 64;

/** Sums of each channel of each image: [n][blocks] records. Two passes: no difference of large squares. */
export function planeMoments(x: usize, to: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(x);
  const count = f64x2.splat(<f64>(heightOf(x) * widthOf(x)));
  for (let item = lo; item < hi; item++) {
    const record = to + <usize>item * RECORD;
    for (let quarter: usize = 0; quarter < 4; quarter++) {
      const from = plane(x, item / blocks, item % blocks) + (quarter << 3);
      const sum = sumOf(x, from, f64x2.splat(0), false);
      v128.store(record + (quarter << 4), sum);
      v128.store(record + (quarter << 4), sumOf(x, from, f64x2.div(sum, count), true), SQUARES);
    }
  }
}

/** Sum over a plane of two lanes, or of their squared distances from `origin`. */
// @ts-ignore: decorator
@inline
function sumOf(x: usize, from: usize, origin: v128, squares: bool): v128 {
  const row = rowStride(x);
  const length: usize = <usize>widthOf(x) << 5;
  let sum = f64x2.splat(0);
  for (let i = heightOf(x); i > 0; i--) {
    for (let at = from; at < from + length; at += 32) {
      const value = f64x2.promote_low_f32x4(v128.load64_zero(at));
      const d = f64x2.sub(value, origin);
      sum = f64x2.add(sum, squares ? f64x2.mul(d, d) : value);
    }
    from += row;
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function sumAt(records: usize, blocks: i32, n: i32, channel: i32): f64 {
  return load<f64>(records + <usize>(n * blocks + (channel >> 3)) * RECORD + (<usize>(channel & 7) << 3));
}

// @ts-ignore: decorator
@inline
function squaresAt(records: usize, blocks: i32, n: i32, channel: i32): f64 {
  return load<f64>(records + <usize>(n * blocks + (channel >> 3)) * RECORD + (<usize>(channel & 7) << 3), SQUARES);
}

let groupMean: f64 = 0;
let groupVariance: f64 = 0;

/** Leaves mean and biased variance of channels from … to − 1 over images first … last − 1 in the globals. */
function merge(records: usize, blocks: i32, first: i32, last: i32, from: i32, to: i32, pixels: f64): void {
  let sum: f64 = 0;
  for (let n = first; n < last; n++) for (let c = from; c < to; c++) sum += sumAt(records, blocks, n, c);
  const count: f64 = pixels * <f64>((last - first) * (to - from));
  const mean = sum / count;
  let squares: f64 = 0;
  for (let n = first; n < last; n++) {
    for (let c = from; c < to; c++) {
      const distance = sumAt(records, blocks, n, c) / pixels - mean;
      squares += squaresAt(records, blocks, n, c) + pixels * distance * distance;
    }
  }
  groupMean = mean;
  groupVariance = squares / count;
}

/**
 * y = activate((x − mean) / √(variance + eps) · gamma + beta) by groups of `size` channels. Items are planes.
 *
 * @param records of planeMoments
 */
export function groupNorm(
  x: usize, y: usize, records: usize, gamma: usize, beta: usize, channels: i32, size: i32, eps: f64,
  kind: i32, slope: f32, gain: f32, limit: f32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(x);
  const pixels = <f64>(heightOf(x) * widthOf(x));
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    let factor0 = f32x4.splat(0), factor1 = factor0, offset0 = factor0, offset1 = factor0;
    let group = -1;
    for (let lane = 0; lane < 8; lane++) {
      const channel = (block << 3) + lane;
      if (channel >= channels) break;
      if (channel / size != group) {
        group = channel / size;
        merge(records, blocks, n, n + 1, group * size, (group + 1) * size, pixels);
      }
      const factor = <f64>load<f32>(gamma + (<usize>channel << 2)) / Math.sqrt(groupVariance + eps);
      const offset = <f64>load<f32>(beta + (<usize>channel << 2)) - groupMean * factor;
      const here = i32x4.eq(i32x4.splat(lane & 3), i32x4(0, 1, 2, 3));
      const f = f32x4.splat(<f32>factor), o = f32x4.splat(<f32>offset);
      if (lane < 4) { factor0 = v128.bitselect(f, factor0, here); offset0 = v128.bitselect(o, offset0, here); }
      else { factor1 = v128.bitselect(f, factor1, here); offset1 = v128.bitselect(o, offset1, here); }
    }
    scalePlane(x, y, n, block, factor0, factor1, offset0, offset1, kind, slope, gain, limit);
  }
}

/** Mean and biased variance of each channel over all images. Items are blocks. */
export function mergeMoments(
  records: usize, images: i32, blocks: i32, channels: i32, pixels: f64, mean: usize, variance: usize, lo: i32, hi: i32,
): void {
  for (let channel = lo << 3; channel < hi << 3; channel++) {
    const at: usize = <usize>channel << 2;
    if (channel < channels) merge(records, blocks, 0, images, channel, channel + 1, pixels);
    store<f32>(mean + at, channel < channels ? <f32>groupMean : 0);
    store<f32>(variance + at, channel < channels ? <f32>groupVariance : 0);
  }
}

/** Mean over each plane. Items are planes. */
export function planeMeans(x: usize, to: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(x);
  const count = f64x2.splat(<f64>(heightOf(x) * widthOf(x)));
  for (let item = lo; item < hi; item++) {
    for (let quarter: usize = 0; quarter < 4; quarter++) {
      const from = plane(x, item / blocks, item % blocks) + (quarter << 3);
      const mean = f64x2.div(sumOf(x, from, f64x2.splat(0), false), count);
      v128.store64_lane(to + (<usize>item << 5) + (quarter << 3), f32x4.demote_f64x2_zero(mean), 0);
    }
  }
}
