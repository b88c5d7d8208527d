import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { madd } from "../../wasm/assembly/simd";
import { activated } from "./activation";
import { alive } from "./lanes";

/**
 * y = activate(x · scale + shift). Items are planes.
 *
 * @param scale one float per channel, padded to blocks; 0 = none
 * @param scaleImage bytes from an image's factors to the next image's; 0 = the same for all
 */
export function scaleShift(
  x: usize, y: usize, scale: usize, scaleImage: usize, shift: usize, shiftImage: usize,
  kind: i32, slope: f32, gain: f32, limit: f32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(y);
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    let factor0 = f32x4.splat(1), factor1 = factor0;
    let offset0 = f32x4.splat(0), offset1 = offset0;
    if (scale) {
      const at = scale + <usize>n * scaleImage + (<usize>block << 5);
      factor0 = v128.load(at); factor1 = v128.load(at, 16);
    }
    if (shift) {
      const at = shift + <usize>n * shiftImage + (<usize>block << 5);
      offset0 = v128.load(at); offset1 = v128.load(at, 16);
    }
    scalePlane(x, y, n, block, factor0, factor1, offset0, offset1, kind, slope, gain, limit);
  }
}

/** y = activate(x · factor + offset) on one plane, border included. */
export function scalePlane(
  x: usize, y: usize, n: i32, block: i32, factor0: v128, factor1: v128, offset0: v128, offset1: v128,
  kind: i32, slope: f32, gain: f32, limit: f32,
): void {
  const xRow = rowStride(x), yRow = rowStride(y);
  const length: usize = <usize>widthOf(y) << 5;
  let source = plane(x, n, block);
  let target = plane(y, n, block);
  for (let i = heightOf(y); i > 0; i--) {
    for (let j: usize = 0; j < length; j += 32) {
      const a = madd(v128.load(source + j), factor0, offset0);
      const b = madd(v128.load(source + j, 16), factor1, offset1);
      v128.store(target + j, activated(a, kind, slope, gain, limit));
      v128.store(target + j, activated(b, kind, slope, gain, limit), 16);
    }
    source += xRow;
    target += yRow;
  }
  clearBorder(y, n, block);
}

/**
 * y = (a + b) · gain, or a · b. Items are planes. b's strides are 0 along axes where it is repeated.
 *
 * @param b address of its pixel (0, 0)
 * @param oneChannel 1 = its first lane stands for every channel
 */
export function combineMaps(
  a: usize, y: usize, channels: i32, b: usize, bImage: usize, bBlock: usize, bRow: usize, bPixel: usize,
  oneChannel: i32, product: i32, gain: f32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(y), aRow = rowStride(a), yRow = rowStride(y);
  const length: usize = <usize>widthOf(y) << 5;
  const factor = f32x4.splat(gain);
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const there0 = alive(channels, block, 0), there1 = alive(channels, block, 4);
    let left = plane(a, n, block);
    let right = b + <usize>n * bImage + <usize>block * bBlock;
    let target = plane(y, n, block);
    for (let i = heightOf(y); i > 0; i--) {
      let at = right;
      for (let j: usize = 0; j < length; j += 32) {
        let b0: v128, b1: v128;
        if (oneChannel) {
          const one = v128.load_splat<f32>(at);
          b0 = v128.and(one, there0); b1 = v128.and(one, there1);
        } else {
          b0 = v128.load(at); b1 = v128.load(at, 16);
        }
        const a0 = v128.load(left + j), a1 = v128.load(left + j, 16);
        if (product) {
          v128.store(target + j, f32x4.mul(a0, b0)); v128.store(target + j, f32x4.mul(a1, b1), 16);
        } else {
          v128.store(target + j, f32x4.mul(f32x4.add(a0, b0), factor));
          v128.store(target + j, f32x4.mul(f32x4.add(a1, b1), factor), 16);
        }
        at += bPixel;
      }
      left += aRow;
      right += bRow;
      target += yRow;
    }
    clearBorder(y, n, block);
  }
}

/** y = 1 / √(x + eps) where there is a channel. Items are planes. */
export function inverseRoot(x: usize, y: usize, channels: i32, eps: f32, lo: i32, hi: i32): void {
  const blocks = blocksOf(y), xRow = rowStride(x), yRow = rowStride(y);
  const one = f32x4.splat(1), small = f32x4.splat(eps);
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const there0 = alive(channels, block, 0), there1 = alive(channels, block, 4);
    let source = plane(x, n, block);
    let target = plane(y, n, block);
    for (let i = heightOf(y); i > 0; i--) {
      for (let j: usize = 0; j < <usize>widthOf(y) << 5; j += 32) {
        const a = f32x4.div(one, f32x4.sqrt(f32x4.add(v128.load(source + j), small)));
        const b = f32x4.div(one, f32x4.sqrt(f32x4.add(v128.load(source + j, 16), small)));
        v128.store(target + j, v128.and(a, there0));
        v128.store(target + j, v128.and(b, there1), 16);
      }
      source += xRow;
      target += yRow;
    }
    clearBorder(y, n, block);
  }
}
