import { exp32 } from "../../../dense/assembly/exponential32";
import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "../../../wasm/assembly/map";
import { madd } from "../../../wasm/assembly/simd";

/** Rows of C floats that an image needs as work space: mean, 1/σ, Σ dz, Σ dz·x̂, and two of the group's means. */
const ROWS: i32 = 6;

/**
 * Gradients of y = f(gamma · x̂ + beta), x̂ = (x − mean) / √(variance + eps) by image and group, f = identity or swish.
 * All sums of an image are formed by one thread in one order.
 *
 * @param dx overwritten; holds dz = dy · f' between the passes
 * @param dGamma [n][C] summed over pixels, C = channels rounded up to 8; dBeta likewise
 * @param channels of the norm, of which each group has the same number
 * @param work [n][6][C] floats
 * @param lo first image
 * @param hi one past the last
 */
export function groupNormGradient(
  x: usize, dy: usize, dx: usize, gamma: usize, beta: usize, dGamma: usize, dBeta: usize,
  channels: i32, groups: i32, eps: f32, swish: i32, work: usize, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(x);
  const row: usize = <usize>blocks << 5;
  const perGroup = channels / groups;
  const count = <f64>(perGroup * heightOf(x) * widthOf(x));
  for (let n = lo; n < hi; n++) {
    const mean = work + <usize>(n * ROWS) * row;
    const inverse = mean + row, sums = inverse + row, products = sums + row, average = products + row;
    const along = average + row;
    memory.fill(mean, 0, <usize>ROWS * row);
    for (let block = 0; block < blocks; block++) sumOf(x, n, block, mean + (<usize>block << 5));
    spreadMeans(mean, mean, 0, channels, perGroup, count);
    for (let block = 0; block < blocks; block++) {
      const at: usize = <usize>block << 5;
      squaresOf(x, n, block, mean + at, inverse + at);
    }
    spreadMeans(inverse, inverse, 0, channels, perGroup, count);
    for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
      store<f32>(inverse + c, <f32>(1.0 / Math.sqrt(<f64>load<f32>(inverse + c) + <f64>eps)));
    }
    for (let block = 0; block < blocks; block++) {
      const at: usize = <usize>block << 5;
      clearBorder(dx, n, block);
      slopes(x, dy, dx, n, block, mean + at, inverse + at, gamma + at, beta + at, swish, sums + at, products + at);
    }
    memory.copy(dBeta + <usize>n * row, sums, row);
    memory.copy(dGamma + <usize>n * row, products, row);
    spreadMeans(sums, average, gamma, channels, perGroup, count);
    spreadMeans(products, along, gamma, channels, perGroup, count);
    for (let block = 0; block < blocks; block++) {
      const at: usize = <usize>block << 5;
      finish(x, dx, n, block, mean + at, inverse + at, gamma + at, average + at, along + at);
    }
  }
}

/** to[c] = mean over c's group of factor[c] · from[c], from holding sums over pixels; factor 0 = 1. */
function spreadMeans(from: usize, to: usize, factor: usize, channels: i32, perGroup: i32, count: f64): void {
  for (let first = 0; first < channels; first += perGroup) {
    let sum: f64 = 0;
    for (let c = first; c < first + perGroup; c++) {
      const at: usize = <usize>c << 2;
      const value = <f64>load<f32>(from + at);
      sum += factor ? value * <f64>load<f32>(factor + at) : value;
    }
    const mean = <f32>(sum / count);
    for (let c = first; c < first + perGroup; c++) store<f32>(to + (<usize>c << 2), mean);
  }
}

/** Σ over the pixels of one block: 8 floats. */
function sumOf(x: usize, n: i32, block: i32, to: usize): void {
  const height = heightOf(x);
  const rowBytes: usize = <usize>widthOf(x) << 5;
  let line = plane(x, n, block);
  let s0 = f32x4.splat(0), s1 = s0;
  for (let i = 0; i < height; i++) {
    for (let p = line; p < line + rowBytes; p += 32) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
    }
    line += rowStride(x);
  }
  v128.store(to, s0); v128.store(to, s1, 16);
}

/** Σ (x − mean)² likewise. */
function squaresOf(x: usize, n: i32, block: i32, mean: usize, to: usize): void {
  const height = heightOf(x);
  const rowBytes: usize = <usize>widthOf(x) << 5;
  const m0 = v128.load(mean), m1 = v128.load(mean, 16);
  let line = plane(x, n, block);
  let s0 = f32x4.splat(0), s1 = s0;
  for (let i = 0; i < height; i++) {
    for (let p = line; p < line + rowBytes; p += 32) {
      const a = f32x4.sub(v128.load(p), m0), b = f32x4.sub(v128.load(p, 16), m1);
      s0 = madd(a, a, s0);
      s1 = madd(b, b, s1);
    }
    line += rowStride(x);
  }
  v128.store(to, s0); v128.store(to, s1, 16);
}

/** dz = dy · f'(z) into dx; Σ dz and Σ dz·x̂ per channel. */
function slopes(
  x: usize, dy: usize, dx: usize, n: i32, block: i32, mean: usize, inverse: usize, gamma: usize, beta: usize,
  swish: i32, sums: usize, products: usize,
): void {
  const height = heightOf(x);
  const rowBytes: usize = <usize>widthOf(x) << 5;
  for (let half: usize = 0; half < 32; half += 16) {
    const m = v128.load(mean + half), r = v128.load(inverse + half);
    const g = v128.load(gamma + half), b = v128.load(beta + half);
    let xLine = plane(x, n, block) + half, from = plane(dy, n, block) + half, to = plane(dx, n, block) + half;
    let s = f32x4.splat(0), p = s;
    for (let i = 0; i < height; i++) {
      for (let at: usize = 0; at < rowBytes; at += 32) {
        const normal = f32x4.mul(f32x4.sub(v128.load(xLine + at), m), r);
        let dz = v128.load(from + at);
        if (swish) dz = f32x4.mul(dz, swishSlope(madd(normal, g, b)));
        v128.store(to + at, dz);
        s = f32x4.add(s, dz);
        p = madd(dz, normal, p);
      }
      xLine += rowStride(x); from += rowStride(dy); to += rowStride(dx);
    }
    v128.store(sums + half, s);
    v128.store(products + half, p);
  }
}

/** dx = (gamma · dz − average − x̂ · along) / σ, in place. */
function finish(
  x: usize, dx: usize, n: i32, block: i32, mean: usize, inverse: usize, gamma: usize, average: usize, along: usize,
): void {
  const height = heightOf(x);
  const rowBytes: usize = <usize>widthOf(x) << 5;
  for (let half: usize = 0; half < 32; half += 16) {
    const m = v128.load(mean + half), r = v128.load(inverse + half), g = v128.load(gamma + half);
    const a = v128.load(average + half), l = v128.load(along + half);
    let xLine = plane(x, n, block) + half, to = plane(dx, n, block) + half;
    for (let i = 0; i < height; i++) {
      for (let at: usize = 0; at < rowBytes; at += 32) {
        const normal = f32x4.mul(f32x4.sub(v128.load(xLine + at), m), r);
        const slope = f32x4.sub(f32x4.mul(g, v128.load(to + at)), f32x4.add(a, f32x4.mul(normal, l)));
        v128.store(to + at, f32x4.mul(slope, r));
      }
      xLine += rowStride(x); to += rowStride(dx);
    }
  }
}

/** σ(z) · (1 + z · (1 − σ(z))), σ by e^−|z|, which never overflows. */
// @ts-ignore: decorator
@inline
function swishSlope(z: v128): v128 {
  const one = f32x4.splat(1);
  const small = exp32(f32x4.neg(f32x4.abs(z)));
  const part = f32x4.div(one, f32x4.add(one, small));
  const sigmoid = v128.bitselect(part, f32x4.mul(small, part), f32x4.ge(z, f32x4.splat(0)));
  return f32x4.mul(sigmoid, madd(z, f32x4.sub(one, sigmoid), one));
}
