/** |row|² of rows `lo` to `hi`, in float64: out [n] float64. */
export function squaredNorms(rows: usize, columns: i32, out: usize, lo: i32, hi: i32): void {
  let at: usize = rows + ((<usize>lo * <usize>columns) << 2);
  for (let row = lo; row < hi; row++) {
    const end: usize = at + (<usize>columns << 2);
    let low = f64x2.splat(0), high = low;
    for (; at + 16 <= end; at += 16) {
      const x = f64x2.promote_low_f32x4(v128.load64_zero(at)), y = f64x2.promote_low_f32x4(v128.load64_zero(at, 8));
      low = f64x2.add(low, f64x2.mul(x, x));
      high = f64x2.add(high, f64x2.mul(y, y));
    }
    low = f64x2.add(low, high);
    let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
    for (; at < end; at += 4) sum += <f64>load<f32>(at) * <f64>load<f32>(at);
    store<f64>(out + (<usize>row << 3), sum);
  }
}
