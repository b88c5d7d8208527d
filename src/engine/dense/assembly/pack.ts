/**
 * Panels of eight rows: [ceil(n / 8)][columns][8] of the row-major [n, columns], zeros beyond the last row.
 *
 * @param lo first panel
 * @param hi one past the last panel
 */
export function packRows(rows: usize, n: i32, columns: i32, panels: usize, lo: i32, hi: i32): void {
  const rowBytes: usize = <usize>columns << 2;
  for (let panel = lo; panel < hi; panel++) {
    const target: usize = panels + ((<usize>panel * <usize>columns) << 5);
    const filled = min(n - panel * 8, 8);
    if (filled < 8) memory.fill(target, 0, <usize>columns << 5);
    for (let r = 0; r < filled; r++) {
      let from: usize = rows + <usize>(panel * 8 + r) * rowBytes;
      const end: usize = from + rowBytes;
      let to: usize = target + (<usize>r << 2);
      while (from < end) {
        store<f32>(to, load<f32>(from));
        from += 4;
        to += 32;
      }
    }
  }
}

/** Rows minus an origin in float64, rounded once, in place: [n, columns]. */
export function centreRows(rows: usize, columns: i32, origin: usize, lo: i32, hi: i32): void {
  let at: usize = rows + ((<usize>lo * <usize>columns) << 2);
  for (let row = lo; row < hi; row++) {
    for (let c: usize = 0; c < <usize>columns; c++) {
      store<f32>(at, <f32>(<f64>load<f32>(at) - load<f64>(origin + (c << 3))));
      at += 4;
    }
  }
}

/**
 * Panels of eight columns, centred: [ceil(columns / 8)][n][8] of the row-major [n, columns] minus `origin` (float64),
 * rounded once; zeros beyond the last column. Rows `lo` to `hi`.
 */
export function packColumns(
  rows: usize, n: i32, columns: i32, origin: usize, panels: usize, lo: i32, hi: i32,
): void {
  const panelBytes: usize = <usize>n << 5;
  const whole = columns & ~7;
  for (let row = lo; row < hi; row++) {
    const from: usize = rows + ((<usize>row * <usize>columns) << 2);
    let to: usize = panels + (<usize>row << 5);
    let c = 0;
    for (; c < whole; c += 8) {
      const source: usize = from + (<usize>c << 2);
      const shift: usize = origin + (<usize>c << 3);
      v128.store(to, centredFour(source, shift));
      v128.store(to, centredFour(source + 16, shift + 32), 16);
      to += panelBytes;
    }
    if (c < columns) {
      for (let k = 0; k < 8; k++, c++) {
        const value: f32 = c < columns
          ? <f32>(<f64>load<f32>(from + (<usize>c << 2)) - load<f64>(origin + (<usize>c << 3)))
          : 0;
        store<f32>(to + (<usize>k << 2), value);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function centredFour(source: usize, shift: usize): v128 {
  const low = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(source)), v128.load(shift));
  const high = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(source + 8)), v128.load(shift, 16));
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
