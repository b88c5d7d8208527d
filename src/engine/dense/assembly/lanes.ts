/*
 * Four rows at a time, one in each float32 lane: what a row comes to depends on nothing beside it. Rows beyond the last
 * are the last once more.
 */

/**
 * Writes the entries of four rows of `bytes` bytes to [columns, 4] at `to`. Returns the largest of each row; of a row
 * with NaN any.
 */
// @ts-ignore: decorator
@inline
export function transposed(a: usize, b: usize, c: usize, d: usize, bytes: usize, to: usize): v128 {
  let top = f32x4.splat(-Infinity);
  const blocks: usize = a + (bytes & ~15);
  const end: usize = a + bytes;
  while (a < blocks) {
    const ra = v128.load(a), rb = v128.load(b), rc = v128.load(c), rd = v128.load(d);
    const abLow = v128.shuffle<f32>(ra, rb, 0, 4, 1, 5), abHigh = v128.shuffle<f32>(ra, rb, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(rc, rd, 0, 4, 1, 5), cdHigh = v128.shuffle<f32>(rc, rd, 2, 6, 3, 7);
    const first = v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5), second = v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7);
    const third = v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), fourth = v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7);
    v128.store(to, first);
    v128.store(to, second, 16);
    v128.store(to, third, 32);
    v128.store(to, fourth, 48);
    top = f32x4.pmax(f32x4.pmax(f32x4.pmax(f32x4.pmax(top, first), second), third), fourth);
    a += 16; b += 16; c += 16; d += 16; to += 64;
  }
  while (a < end) {
    let lanes = v128.load32_zero(a);
    lanes = v128.load_lane<f32>(b, lanes, 1);
    lanes = v128.load_lane<f32>(c, lanes, 2);
    lanes = v128.load_lane<f32>(d, lanes, 3);
    v128.store(to, lanes);
    top = f32x4.pmax(top, lanes);
    a += 4; b += 4; c += 4; d += 4; to += 16;
  }
  return top;
}

/** Stores the first `count` lanes, at most four. */
// @ts-ignore: decorator
@inline
export function storeFour(to: usize, count: i32, value: v128): void {
  if (count >= 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

/** The third and fourth lane in float64; f64x2.promote_low_f32x4 is the first and second. */
// @ts-ignore: decorator
@inline
export function promoteHigh(value: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3));
}

/** Two pairs of float64 lanes as four float32 lanes. */
// @ts-ignore: decorator
@inline
export function demoted(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
