import { log } from "./exponential";
import { exp32 } from "./exponential32";

/*
 * At temperature 1: four rows at a time, one in each float32 lane, sums in float64. What a difference to the largest
 * logit loses by rounding, its power has lost already.
 */

// @ts-ignore: decorator
@inline
function four(a: usize, b: usize, c: usize, d: usize): v128 {
  let lanes = v128.load32_zero(a);
  lanes = v128.load_lane<f32>(b, lanes, 1);
  lanes = v128.load_lane<f32>(c, lanes, 2);
  return v128.load_lane<f32>(d, lanes, 3);
}

// @ts-ignore: decorator
@inline
function storeFour(to: usize, count: i32, value: v128): void {
  if (count >= 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

// @ts-ignore: decorator
@inline
function demoted(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/**
 * Rows `lo` to `hi` of the energy log Σ exp(z), or of the largest softmax probability: out [n].
 *
 * @param probability 1 = the probability
 * @param scratch 4 · columns float32
 */
export function energies(rows: usize, columns: i32, probability: i32, out: usize, scratch: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  const last: usize = rows + <usize>(hi - 1) * bytes;
  for (let row = lo; row < hi; row += 4) {
    const a: usize = rows + <usize>row * bytes;
    const b: usize = min(a + bytes, last), c: usize = min(a + 2 * bytes, last), d: usize = min(a + 3 * bytes, last);
    let top = f32x4.splat(-Infinity);
    for (let k: usize = 0; k < bytes; k += 4) {
      const lanes = four(a + k, b + k, c + k, d + k);
      v128.store(scratch + (k << 2), lanes);
      top = f32x4.pmax(top, lanes);
    }
    let low = f64x2.splat(0), high = low;
    for (let k: usize = 0; k < bytes; k += 4) {
      const power = exp32(f32x4.sub(v128.load(scratch + (k << 2)), top));
      low = f64x2.add(low, f64x2.promote_low_f32x4(power));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(power, power, 2, 3, 2, 3)));
    }
    if (probability) {
      const one = f64x2.splat(1);
      low = f64x2.div(one, low);
      high = f64x2.div(one, high);
    } else {
      low = f64x2.add(f64x2.promote_low_f32x4(top), log(low));
      high = f64x2.add(f64x2.promote_low_f32x4(v128.shuffle<f32>(top, top, 2, 3, 2, 3)), log(high));
    }
    storeFour(out + (<usize>row << 2), hi - row, demoted(low, high));
  }
}

/** softmax(z) of rows `lo` to `hi`: out [n, columns]; scratch 4 · columns float32. */
export function softmax(rows: usize, columns: i32, out: usize, scratch: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  const last: usize = rows + <usize>(hi - 1) * bytes;
  const toOut: usize = out - rows;
  for (let row = lo; row < hi; row += 4) {
    const a: usize = rows + <usize>row * bytes;
    const b: usize = min(a + bytes, last), c: usize = min(a + 2 * bytes, last), d: usize = min(a + 3 * bytes, last);
    let top = f32x4.splat(-Infinity);
    for (let k: usize = 0; k < bytes; k += 4) {
      const lanes = four(a + k, b + k, c + k, d + k);
      v128.store(scratch + (k << 2), lanes);
      top = f32x4.pmax(top, lanes);
    }
    let low = f64x2.splat(0), high = low;
    for (let k: usize = 0; k < bytes; k += 4) {
      const power = exp32(f32x4.sub(v128.load(scratch + (k << 2)), top));
      v128.store(scratch + (k << 2), power);
      low = f64x2.add(low, f64x2.promote_low_f32x4(power));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(power, power, 2, 3, 2, 3)));
    }
    const one = f64x2.splat(1);
    const share = demoted(f64x2.div(one, low), f64x2.div(one, high));
    for (let k: usize = 0; k < bytes; k += 4) {
      const p = f32x4.mul(v128.load(scratch + (k << 2)), share);
      // Rows beyond the last are the last once more.
      v128.store_lane<f32>(a + toOut + k, p, 0);
      v128.store_lane<f32>(b + toOut + k, p, 1);
      v128.store_lane<f32>(c + toOut + k, p, 2);
      v128.store_lane<f32>(d + toOut + k, p, 3);
    }
  }
}
