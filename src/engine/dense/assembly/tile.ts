import { madd } from "../../wasm/assembly/simd";

/**
 * Terms summed in float32 before the sum goes to the total: bounds the error of a product of any length by
 * about (BLOCK + terms / BLOCK) · 2⁻²⁴ · |a|·|b|.
 */
export const BLOCK: i32 = 128;

/** Bytes of a tile. */
export const TILE_BYTES: usize = 128;

/**
 * Four vectors times a panel of eight: out[i][j] = Σ aᵢ[t] · b[t][j], [4, 8] float32, kept in registers.
 *
 * @param a0 first entry of each of the four vectors, whose entries lie `step` bytes apart
 * @param b panel [terms, 8]
 * @param terms at least 1
 */
export function tile(a0: usize, a1: usize, a2: usize, a3: usize, step: usize, b: usize, terms: i32, out: usize): void {
  let first = true;
  while (terms > 0) {
    const block = min(terms, BLOCK);
    const end: usize = b + (<usize>block << 5);
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    // Not unrolled: the compiler would hoist the loads and spill the accumulators.
    while (b < end) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load_splat<f32>(a0);
      c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load_splat<f32>(a1);
      c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load_splat<f32>(a2);
      c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load_splat<f32>(a3);
      c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
      a0 += step; a1 += step; a2 += step; a3 += step; b += 32;
    }
    if (!first) {
      c00 = f32x4.add(c00, v128.load(out)); c01 = f32x4.add(c01, v128.load(out, 16));
      c10 = f32x4.add(c10, v128.load(out, 32)); c11 = f32x4.add(c11, v128.load(out, 48));
      c20 = f32x4.add(c20, v128.load(out, 64)); c21 = f32x4.add(c21, v128.load(out, 80));
      c30 = f32x4.add(c30, v128.load(out, 96)); c31 = f32x4.add(c31, v128.load(out, 112));
    }
    v128.store(out, c00); v128.store(out, c01, 16);
    v128.store(out, c10, 32); v128.store(out, c11, 48);
    v128.store(out, c20, 64); v128.store(out, c21, 80);
    v128.store(out, c30, 96); v128.store(out, c31, 112);
    first = false;
    terms -= block;
  }
}

/** The tile of rows `row` … `row` + 3 of a row-major matrix, the last row repeated beyond `hi`. */
// @ts-ignore: decorator
@inline
export function tileOfRows(rows: usize, row: i32, hi: i32, columns: i32, panel: usize, out: usize): void {
  const bytes: usize = <usize>columns << 2;
  const a0: usize = rows + <usize>row * bytes;
  const last: usize = rows + <usize>(hi - 1) * bytes;
  tile(a0, min(a0 + bytes, last), min(a0 + 2 * bytes, last), min(a0 + 3 * bytes, last), 4, panel, columns, out);
}
