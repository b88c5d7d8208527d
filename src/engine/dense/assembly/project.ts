import { tileOfRows } from "./tile";

/**
 * ‖x·B‖₂ of centred rows `lo` to `hi` by float32 products, their squares summed in float64: out [n].
 *
 * @param panels the m basis vectors as packRows makes them
 * @param scratch one tile
 */
export function projectDirectly(
  rows: usize, columns: i32, panels: usize, m: i32, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  for (let row = lo; row < hi; row += 4) {
    let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
    for (let first = 0; first < m; first += 8) {
      // Vectors beyond the last are zeros.
      tileOfRows(rows, row, hi, columns, panels + ((<usize>first * <usize>columns) << 2), scratch);
      s0 += squares(scratch); s1 += squares(scratch + 32); s2 += squares(scratch + 64); s3 += squares(scratch + 96);
    }
    const to: usize = out + (<usize>row << 2);
    store<f32>(to, <f32>sqrt(s0));
    if (row + 1 < hi) store<f32>(to, <f32>sqrt(s1), 4);
    if (row + 2 < hi) store<f32>(to, <f32>sqrt(s2), 8);
    if (row + 3 < hi) store<f32>(to, <f32>sqrt(s3), 12);
  }
}

// @ts-ignore: decorator
@inline
function squares(eight: usize): f64 {
  let sum = f64x2.splat(0);
  for (let k: usize = 0; k < 32; k += 8) {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(eight + k));
    sum = f64x2.add(sum, f64x2.mul(two, two));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

// @ts-ignore: decorator
@inline
function madd64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Below this share of ‖x‖² the difference of squares has too few digits left. */
const CANCELLED: f64 = 1e-6;

/**
 * ‖x·B‖₂ = √(‖x‖² − ‖x·A‖²) for the complement A of B, in float64; where little is left of the difference, by B itself.
 * x = row − origin; rows `lo` to `hi`; out [n].
 *
 * @param kept panels [ceil(vectors / 4)][columns][4] float64 of A, zeros beyond the last
 * @param others the m vectors of B, row-major float64
 * @param scratch 4 · columns float64
 */
export function projectByComplement(
  rows: usize, columns: i32, origin: usize, kept: usize, vectors: i32, others: usize, m: i32,
  out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const bytes: usize = <usize>columns << 3;
  for (let row = lo; row < hi; row += 4) {
    const height = min(4, hi - row);
    for (let r = 0; r < 4; r++) {
      const from: usize = rows + ((<usize>(row + min(r, height - 1)) * <usize>columns) << 2);
      const to: usize = scratch + <usize>r * bytes;
      for (let c: usize = 0; c < <usize>columns; c++) {
        store<f64>(to + (c << 3), <f64>load<f32>(from + (c << 2)) - load<f64>(origin + (c << 3)));
      }
    }
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let b: usize = kept;
    for (let first = 0; first < vectors; first += 4) {
      let a: usize = scratch;
      const end: usize = scratch + bytes;
      let c00 = f64x2.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      while (a < end) {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        let x = v128.load_splat<f64>(a);
        c00 = madd64(x, b0, c00); c01 = madd64(x, b1, c01);
        x = v128.load_splat<f64>(a + bytes);
        c10 = madd64(x, b0, c10); c11 = madd64(x, b1, c11);
        x = v128.load_splat<f64>(a + 2 * bytes);
        c20 = madd64(x, b0, c20); c21 = madd64(x, b1, c21);
        x = v128.load_splat<f64>(a + 3 * bytes);
        c30 = madd64(x, b0, c30); c31 = madd64(x, b1, c31);
        a += 8; b += 32;
      }
      s0 = f64x2.add(s0, f64x2.add(f64x2.mul(c00, c00), f64x2.mul(c01, c01)));
      s1 = f64x2.add(s1, f64x2.add(f64x2.mul(c10, c10), f64x2.mul(c11, c11)));
      s2 = f64x2.add(s2, f64x2.add(f64x2.mul(c20, c20), f64x2.mul(c21, c21)));
      s3 = f64x2.add(s3, f64x2.add(f64x2.mul(c30, c30), f64x2.mul(c31, c31)));
    }
    for (let r = 0; r < height; r++) {
      const x: usize = scratch + <usize>r * bytes;
      const sum = r == 0 ? s0 : r == 1 ? s1 : r == 2 ? s2 : s3;
      const whole = dot(x, x, columns);
      let rest = whole - (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
      if (rest < CANCELLED * whole) {
        rest = 0;
        for (let v = 0; v < m; v++) {
          const projected = dot(x, others + <usize>v * bytes, columns);
          rest += projected * projected;
        }
      }
      store<f32>(out + (<usize>(row + r) << 2), <f32>sqrt(rest));
    }
  }
}

function dot(a: usize, b: usize, n: i32): f64 {
  let low = f64x2.splat(0), high = low;
  const end: usize = a + ((<usize>n & ~3) << 3);
  while (a < end) {
    low = f64x2.add(low, f64x2.mul(v128.load(a), v128.load(b)));
    high = f64x2.add(high, f64x2.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32; b += 32;
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (let rest = n & 3; rest > 0; rest--) {
    sum += load<f64>(a) * load<f64>(b);
    a += 8; b += 8;
  }
  return sum;
}
