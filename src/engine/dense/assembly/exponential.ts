const LOG2E: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** Added to |x| < 2⁵¹ it leaves round(x) in the low bits. */
const ROUND: f64 = 6755399441055744.0;

/**
 * e^x of two lanes for x ≤ 709, relative error below 1e-10: x = k·ln 2 + r, |r| ≤ ln 2 / 2, Taylor's polynomial to r⁹.
 * Below −708 it is e⁻⁷⁰⁸, which no float32 can tell from 0. NaN stays.
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // Not max: where x is NaN, the second operand's comparison is false and x stays.
  x = f64x2.pmax(x, f64x2.splat(-708));
  const shifted = f64x2.add(f64x2.mul(x, f64x2.splat(LOG2E)), f64x2.splat(ROUND));
  const k = f64x2.sub(shifted, f64x2.splat(ROUND));
  let r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH)));
  r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(LN2_LOW)));
  let p = f64x2.splat(1.0 / 362880.0);
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 40320.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 5040.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 720.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 120.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 24.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 6.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.5));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  const power = i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52);
  return f64x2.mul(p, power);
}

const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;
const MANTISSA: i64 = 0x000fffffffffffff;

/**
 * Natural logarithm of two lanes that are positive, finite and not denormal, error below 1e-10: x = 2^k·m with m in [√½, √2),
 * log m = 2 artanh((m − 1)/(m + 1)). NaN stays.
 */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const offset = i64x2.sub(x, i64x2.splat(SQRT_HALF_BITS));
  const k = i64x2.shr_s(offset, 52);
  const m = i64x2.add(v128.and(offset, i64x2.splat(MANTISSA)), i64x2.splat(SQRT_HALF_BITS));
  // k as a float64: small integers sit in the low bits of ROUND + k.
  const scale = f64x2.sub(i64x2.add(k, f64x2.splat(ROUND)), f64x2.splat(ROUND));
  const one = f64x2.splat(1);
  const t = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const s = f64x2.mul(t, t);
  let p = f64x2.splat(1.0 / 13.0);
  p = f64x2.add(f64x2.mul(p, s), f64x2.splat(1.0 / 11.0));
  p = f64x2.add(f64x2.mul(p, s), f64x2.splat(1.0 / 9.0));
  p = f64x2.add(f64x2.mul(p, s), f64x2.splat(1.0 / 7.0));
  p = f64x2.add(f64x2.mul(p, s), f64x2.splat(0.2));
  p = f64x2.add(f64x2.mul(p, s), f64x2.splat(1.0 / 3.0));
  p = f64x2.add(f64x2.mul(p, s), one);
  const result = f64x2.add(f64x2.mul(scale, f64x2.splat(LN2_HIGH + LN2_LOW)), f64x2.mul(f64x2.add(t, t), p));
  // x − x is NaN where x is, else 0.
  return f64x2.add(result, f64x2.sub(x, x));
}
