import { exp, log } from "./exponential";

/*
 * Two rows at a time, one in each float64 lane, so that a row's result depends on nothing beside it.
 * The largest entry is taken out first: nothing overflows. NaN in a row makes its sum NaN, so its maximum need not be.
 */

// @ts-ignore: decorator
@inline
function pair(a: usize, b: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load_lane<f32>(b, v128.load32_zero(a), 1));
}

// @ts-ignore: decorator
@inline
function largest(a: usize, b: usize, columns: i32): v128 {
  let most = f64x2.splat(-Infinity);
  for (let end: usize = a + (<usize>columns << 2); a < end; a += 4, b += 4) most = f64x2.pmax(most, pair(a, b));
  return most;
}

/** Σ exp((z − top) · inverse), of two rows. */
// @ts-ignore: decorator
@inline
function shiftedSum(a: usize, b: usize, columns: i32, top: v128, inverse: v128): v128 {
  let sum = f64x2.splat(0);
  for (let end: usize = a + (<usize>columns << 2); a < end; a += 4, b += 4) {
    sum = f64x2.add(sum, exp(f64x2.mul(f64x2.sub(pair(a, b), top), inverse)));
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function storePair(out: usize, row: i32, hi: i32, value: v128): void {
  const to: usize = out + (<usize>row << 2);
  store<f32>(to, <f32>f64x2.extract_lane(value, 0));
  if (row + 1 < hi) store<f32>(to, <f32>f64x2.extract_lane(value, 1), 4);
}

/** T · log Σ exp(z/T) of rows `lo` to `hi`: out [n]. */
export function logSumExp(rows: usize, columns: i32, temperature: f64, out: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  const t = f64x2.splat(temperature), inverse = f64x2.splat(1 / temperature);
  for (let row = lo; row < hi; row += 2) {
    const a: usize = rows + <usize>row * bytes;
    const b: usize = row + 1 < hi ? a + bytes : a;
    const top = largest(a, b, columns);
    const sum = shiftedSum(a, b, columns, top, inverse);
    storePair(out, row, hi, f64x2.add(top, f64x2.mul(t, log(sum))));
  }
}

/** Largest softmax probability of z/T of rows `lo` to `hi`: out [n]. */
export function topProbability(rows: usize, columns: i32, temperature: f64, out: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  const inverse = f64x2.splat(1 / temperature);
  for (let row = lo; row < hi; row += 2) {
    const a: usize = rows + <usize>row * bytes;
    const b: usize = row + 1 < hi ? a + bytes : a;
    const sum = shiftedSum(a, b, columns, largest(a, b, columns), inverse);
    storePair(out, row, hi, f64x2.div(f64x2.splat(1), sum));
  }
}
