/** Largest entry of rows `lo` to `hi`, NaN where one is: out [n]. Four rows at a time, one in each lane. */
export function rowMaxima(rows: usize, columns: i32, out: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  for (let row = lo; row < hi; row += 4) {
    let a: usize = rows + <usize>row * bytes;
    const last: usize = rows + <usize>(hi - 1) * bytes;
    let b: usize = min(a + bytes, last), c: usize = min(a + 2 * bytes, last), d: usize = min(a + 3 * bytes, last);
    const end: usize = a + bytes;
    let most = f32x4.splat(-Infinity);
    // A sum is NaN where an entry is; that costs less than a maximum that carries NaN along.
    let doubt = f32x4.splat(0);
    while (a < end) {
      let four = v128.load32_zero(a);
      four = v128.load_lane<f32>(b, four, 1);
      four = v128.load_lane<f32>(c, four, 2);
      four = v128.load_lane<f32>(d, four, 3);
      most = f32x4.pmax(most, four);
      doubt = v128.or(doubt, f32x4.ne(four, four));
      a += 4; b += 4; c += 4; d += 4;
    }
    most = v128.or(most, doubt);
    const to: usize = out + (<usize>row << 2);
    store<f32>(to, f32x4.extract_lane(most, 0));
    if (row + 1 < hi) store<f32>(to, f32x4.extract_lane(most, 1), 4);
    if (row + 2 < hi) store<f32>(to, f32x4.extract_lane(most, 2), 8);
    if (row + 3 < hi) store<f32>(to, f32x4.extract_lane(most, 3), 12);
  }
}

/** Σ |x| of rows `lo` to `hi`, in float64: out [n]. */
export function absoluteSums(rows: usize, columns: i32, out: usize, lo: i32, hi: i32): void {
  let at: usize = rows + ((<usize>lo * <usize>columns) << 2);
  for (let row = lo; row < hi; row++) {
    const end: usize = at + (<usize>columns << 2);
    let low = f64x2.splat(0), high = low;
    for (; at + 16 <= end; at += 16) {
      const four = f32x4.abs(v128.load(at));
      low = f64x2.add(low, f64x2.promote_low_f32x4(four));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3)));
    }
    low = f64x2.add(low, high);
    let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
    for (; at < end; at += 4) sum += <f64>abs(load<f32>(at));
    store<f32>(out + (<usize>row << 2), <f32>sum);
  }
}

/** Adds columns `lo` to `hi` of n rows to the float64 sums [columns]. `lo` is a multiple of 4. */
export function columnSums(rows: usize, n: i32, columns: i32, sums: usize, lo: i32, hi: i32): void {
  const bytes: usize = <usize>columns << 2;
  let column = lo;
  for (; column + 4 <= hi; column += 4) {
    const to: usize = sums + (<usize>column << 3);
    let from: usize = rows + (<usize>column << 2);
    let low = v128.load(to), high = v128.load(to, 16);
    for (let row = 0; row < n; row++) {
      low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(from)));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(from, 8)));
      from += bytes;
    }
    v128.store(to, low);
    v128.store(to, high, 16);
  }
  for (; column < hi; column++) {
    const to: usize = sums + (<usize>column << 3);
    let from: usize = rows + (<usize>column << 2);
    let sum = load<f64>(to);
    for (let row = 0; row < n; row++) {
      sum += <f64>load<f32>(from);
      from += bytes;
    }
    store<f64>(to, sum);
  }
}
