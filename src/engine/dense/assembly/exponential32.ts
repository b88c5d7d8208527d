import { madd } from "../../wasm/assembly/simd";

const LOG2E: f32 = 1.44269504;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Added to |x| < 2²² it leaves round(x) in the low bits. */
const ROUND: f32 = 12582912;

/**
 * e^x of four float32 lanes for x ≤ 0, relative error below 1e-7: x = k·ln 2 + r, |r| ≤ ln 2 / 2, and Cephes's
 * polynomial of least error. Below −87 it is e⁻⁸⁷, which vanishes beside 1. NaN stays.
 */
// @ts-ignore: decorator
@inline
export function exp32(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-87));
  const shifted = madd(x, f32x4.splat(LOG2E), f32x4.splat(ROUND));
  const k = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = madd(k, f32x4.splat(-LN2_HIGH), x);
  r = madd(k, f32x4.splat(-LN2_LOW), r);
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23));
}
