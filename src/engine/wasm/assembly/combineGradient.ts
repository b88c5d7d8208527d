import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "./map";
import { madd } from "./simd";

// Everywhere below, g is the gradient behind the ReLU: dOut where `out` is positive, else 0. `out` = 0 means that
// there is no ReLU: g = dOut.

/** Σ g and Σ g·map per channel of images lo … hi−1 → partial[chunk][2][C]. */
export function combineGradientPartial(
  dOut: usize, out: usize, map: usize, lo: i32, hi: i32, chunk: i32, partial: usize,
): void {
  const zero = f32x4.splat(0), always = i32x4.splat(out ? 0 : -1);
  const mask = out ? out : dOut;
  const blocks = blocksOf(map), height = heightOf(map);
  const rowBytes: usize = <usize>widthOf(map) << 5;
  for (let block = 0; block < blocks; block++) {
    let s0 = zero, s1 = zero, q0 = zero, q1 = zero;
    for (let n = lo; n < hi; n++) {
      let gLine = plane(dOut, n, block), oLine = plane(mask, n, block), pLine = plane(map, n, block);
      for (let row = 0; row < height; row++) {
        let g = gLine, o = oLine, p = pLine;
        const end: usize = p + rowBytes;
        while (p < end) {
          const u = v128.and(v128.load(g), v128.or(f32x4.gt(v128.load(o), zero), always));
          const v = v128.and(v128.load(g, 16), v128.or(f32x4.gt(v128.load(o, 16), zero), always));
          s0 = f32x4.add(s0, u); q0 = madd(u, v128.load(p), q0);
          s1 = f32x4.add(s1, v); q1 = madd(v, v128.load(p, 16), q1);
          p += 32; g += 32; o += 32;
        }
        gLine += rowStride(dOut); oLine += rowStride(mask); pLine += rowStride(map);
      }
    }
    const sum: usize = partial + (<usize>(chunk * 2 * blocks + block) << 5);
    const products: usize = sum + (<usize>blocks << 5);
    v128.store(sum, s0); v128.store(sum, s1, 16);
    v128.store(products, q0); v128.store(products, q1, 16);
  }
}

/**
 * The gradients of one or two summands, plane by plane, so that the second finds dOut and out in the cache:
 * A·g + B·map + D with the coefficients [3][C] of a batch norm; scale·g where map is 0, the first of `coefficients`;
 * g itself where `coefficients` is 0.
 *
 * @param aGradient where it goes; `aAccumulate` 1 = is added to what is there
 * @param bGradient 0 = one summand only
 */
export function combineGradient(
  dOut: usize, out: usize,
  aMap: usize, aCoefficients: usize, aGradient: usize, aAccumulate: i32,
  bMap: usize, bCoefficients: usize, bGradient: usize, bAccumulate: i32,
  lo: i32, hi: i32,
): void {
  const blocks = blocksOf(dOut);
  // A residual's gradient, g itself, is written in passing.
  const passing: usize = bCoefficients == 0 && !bAccumulate ? bGradient : 0;
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      termGradient(dOut, out, aMap, aCoefficients, aGradient, aAccumulate, passing, n, block);
      if (bGradient && !passing) termGradient(dOut, out, bMap, bCoefficients, bGradient, bAccumulate, 0, n, block);
    }
  }
}

/** @param passing where g goes too; 0 = nowhere */
function termGradient(
  dOut: usize, out: usize, map: usize, coefficients: usize, gradient: usize, accumulate: i32, passing: usize,
  n: i32, block: i32,
): void {
  const zero = f32x4.splat(0), always = i32x4.splat(out ? 0 : -1);
  const mask = out ? out : dOut;
  const height = heightOf(dOut);
  const rowBytes: usize = <usize>widthOf(dOut) << 5;
  const stride: usize = <usize>blocksOf(dOut) << 5;
  const c: usize = coefficients + (<usize>block << 5);
  let a0 = f32x4.splat(1), a1 = a0, b0 = zero, b1 = zero, d0 = zero, d1 = zero;
  if (coefficients) { a0 = v128.load(c); a1 = v128.load(c, 16); }
  if (map) {
    b0 = v128.load(c + stride); b1 = v128.load(c + stride, 16);
    d0 = v128.load(c + 2 * stride); d1 = v128.load(c + 2 * stride, 16);
  }
  if (!accumulate) clearBorder(gradient, n, block);
  if (passing) clearBorder(passing, n, block);
  let gLine = plane(dOut, n, block), oLine = plane(mask, n, block);
  let pLine: usize = map ? plane(map, n, block) : 0, dLine = plane(gradient, n, block);
  let mLine: usize = passing ? plane(passing, n, block) : 0;
  for (let row = 0; row < height; row++) {
    let g = gLine, o = oLine, p = pLine, d = dLine, m = mLine;
    const end: usize = d + rowBytes;
    if (map) {
      while (d < end) {
        let u = v128.and(v128.load(g), v128.or(f32x4.gt(v128.load(o), zero), always));
        let v = v128.and(v128.load(g, 16), v128.or(f32x4.gt(v128.load(o, 16), zero), always));
        if (passing) { v128.store(m, u); v128.store(m, v, 16); m += 32; }
        u = madd(u, a0, madd(v128.load(p), b0, d0));
        v = madd(v, a1, madd(v128.load(p, 16), b1, d1));
        if (accumulate) { u = f32x4.add(u, v128.load(d)); v = f32x4.add(v, v128.load(d, 16)); }
        v128.store(d, u); v128.store(d, v, 16);
        g += 32; o += 32; p += 32; d += 32;
      }
      pLine += rowStride(map);
    } else {
      while (d < end) {
        let u = v128.and(v128.load(g), v128.or(f32x4.gt(v128.load(o), zero), always));
        let v = v128.and(v128.load(g, 16), v128.or(f32x4.gt(v128.load(o, 16), zero), always));
        if (passing) { v128.store(m, u); v128.store(m, v, 16); m += 32; }
        u = f32x4.mul(u, a0); v = f32x4.mul(v, a1);
        if (accumulate) { u = f32x4.add(u, v128.load(d)); v = f32x4.add(v, v128.load(d, 16)); }
        v128.store(d, u); v128.store(d, v, 16);
        g += 32; o += 32; d += 32;
      }
    }
    if (passing) mLine += rowStride(passing);
    gLine += rowStride(dOut); oLine += rowStride(mask); dLine += rowStride(gradient);
  }
}
