import { tileOfRows } from "./tile";

/** min(x, ceiling) in place; NaN stays. */
export function clampRows(rows: usize, columns: i32, ceiling: f32, lo: i32, hi: i32): void {
  let at: usize = rows + ((<usize>lo * <usize>columns) << 2);
  const end: usize = rows + ((<usize>hi * <usize>columns) << 2);
  const most = f32x4.splat(ceiling);
  for (; at + 16 <= end; at += 16) v128.store(at, f32x4.pmin(v128.load(at), most));
  for (; at < end; at += 4) {
    const value = load<f32>(at);
    store<f32>(at, ceiling < value ? ceiling : value);
  }
}

/**
 * f · weightᵀ + bias of rows `lo` to `hi`: out [n, classes].
 *
 * @param panels weights as packRows makes them
 * @param bias [classes rounded up to 8]
 * @param scratch one tile
 */
export function headLogits(
  rows: usize, columns: i32, panels: usize, bias: usize, classes: i32, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  for (let row = lo; row < hi; row += 4) {
    const height = min(4, hi - row);
    for (let first = 0; first < classes; first += 8) {
      tileOfRows(rows, row, hi, columns, panels + ((<usize>first * <usize>columns) << 2), scratch);
      const width = min(8, classes - first);
      const b: usize = bias + (<usize>first << 2);
      for (let r = 0; r < height; r++) {
        const from: usize = scratch + (<usize>r << 5);
        const to: usize = out + (<usize>((row + r) * classes + first) << 2);
        for (let c: usize = 0; c < <usize>width; c++) {
          store<f32>(to + (c << 2), load<f32>(from + (c << 2)) + load<f32>(b + (c << 2)));
        }
      }
    }
  }
}
