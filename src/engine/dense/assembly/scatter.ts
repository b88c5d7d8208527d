import { tile } from "./tile";

/** Rows whose products are summed in float32 before they go to the float64 sums: small enough to stay in cache. */
const ROWS: i32 = 128;

/**
 * Adds Σ x xᵀ over n rows to the upper triangle of `sums`, float64 [side, side] with side = panels · 8.
 * Panels `lo` to `hi`, counted from the last, which has the most beside it: each with all panels before it.
 *
 * @param columns panels [panels][n][8] as packColumns makes them
 * @param scratch one tile
 */
export function scatter(
  columns: usize, n: i32, panels: i32, sums: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const panelBytes: usize = <usize>n << 5;
  const sideBytes: usize = <usize>panels << 6;
  for (let first = 0; first < n; first += ROWS) {
    const rows = min(ROWS, n - first);
    const block: usize = columns + (<usize>first << 5);
    for (let right = panels - 1 - lo; right > panels - 1 - hi; right--) {
      const b: usize = block + <usize>right * panelBytes;
      for (let left = 0; left <= right; left++) {
        for (let half: usize = 0; half < 2; half++) {
          const a: usize = block + <usize>left * panelBytes + (half << 4);
          tile(a, a + 4, a + 8, a + 12, 32, b, rows, scratch);
          let to: usize = sums + (<usize>(left * 8) + (half << 2)) * sideBytes + (<usize>right << 6);
          for (let row: usize = 0; row < 4; row++) {
            addEight(to, scratch + (row << 5));
            to += sideBytes;
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addEight(to: usize, from: usize): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v128.load64_zero(from))));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(v128.load64_zero(from, 8))), 16);
  v128.store(to, f64x2.add(v128.load(to, 32), f64x2.promote_low_f32x4(v128.load64_zero(from, 16))), 32);
  v128.store(to, f64x2.add(v128.load(to, 48), f64x2.promote_low_f32x4(v128.load64_zero(from, 24))), 48);
}
