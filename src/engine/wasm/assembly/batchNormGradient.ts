import { madd } from "./simd";

/**
 * Σ g and Σ g·y per channel of images lo … hi−1 → partial[chunk][2][C], where g is the gradient behind the ReLU:
 * `gradient` (dense) where `out` (padded) is positive, else 0.
 */
export function normGradientPartial(
  gradient: usize, out: usize, y: usize, lo: i32, hi: i32, chunk: i32, size: i32, blocks: i32, partial: usize,
): void {
  const zero = f32x4.splat(0);
  const paddedRow: usize = <usize>(size + 2) << 5;
  const denseRow: usize = <usize>size << 5;
  for (let block = 0; block < blocks; block++) {
    let s0 = zero, s1 = zero, q0 = zero, q1 = zero;
    for (let n = lo; n < hi; n++) {
      for (let row = 0; row < size; row++) {
        const dense: usize = <usize>((n * blocks + block) * size + row) * denseRow;
        let o: usize = out + <usize>((n * blocks + block) * (size + 2) + row + 1) * paddedRow + 32;
        let p: usize = y + dense;
        let g: usize = gradient + dense;
        const end: usize = p + denseRow;
        while (p < end) {
          const u = v128.and(v128.load(g), f32x4.gt(v128.load(o), zero));
          const v = v128.and(v128.load(g, 16), f32x4.gt(v128.load(o, 16), zero));
          s0 = f32x4.add(s0, u); q0 = madd(u, v128.load(p), q0);
          s1 = f32x4.add(s1, v); q1 = madd(v, v128.load(p, 16), q1);
          p += 32; g += 32; o += 32;
        }
      }
    }
    const sum: usize = partial + (<usize>(chunk * 2 * blocks + block) << 5);
    const products: usize = sum + (<usize>blocks << 5);
    v128.store(sum, s0); v128.store(sum, s1, 16);
    v128.store(products, q0); v128.store(products, q1, 16);
  }
}

/**
 * dγ, dβ and the coefficients A, B, D (C floats each) of dy = A·g + B·y + D, in float64 from the partial sums.
 * Every thread writes the same bits.
 */
export function normGradientFinalise(
  partial: usize, chunks: i32, channels: i32, n: i32, area: i32,
  gamma: usize, vectors: usize, coefficients: usize, dGamma: usize, dBeta: usize,
): void {
  const count = <f64>n * <f64>area;
  const stride: usize = <usize>channels << 2;
  for (let c: usize = 0; c < <usize>channels; c++) {
    const at: usize = c << 2;
    let sum: f64 = 0, products: f64 = 0;
    for (let k = 0; k < chunks; k++) {
      sum += <f64>load<f32>(partial + at + <usize>(2 * k) * stride);
      products += <f64>load<f32>(partial + at + <usize>(2 * k + 1) * stride);
    }
    const mean = <f64>load<f32>(vectors + at + 2 * stride);
    const inverse = <f64>load<f32>(vectors + at + 3 * stride);
    const gain = (products - mean * sum) * inverse;
    const a = <f64>load<f32>(gamma + at) * inverse;
    const b = (-a * gain * inverse) / count;
    store<f32>(dGamma + at, <f32>gain);
    store<f32>(dBeta + at, <f32>sum);
    store<f32>(coefficients + at, <f32>a);
    store<f32>(coefficients + at + stride, <f32>b);
    store<f32>(coefficients + at + 2 * stride, <f32>((-a * sum) / count - b * mean));
  }
}

/**
 * dy = A·g + B·y + D → padded; g = the gradient behind the ReLU, as in normGradientPartial. Where `masked` is not
 * 0, g itself goes there (dense): the gradient of an identity shortcut.
 */
export function normGradientApply(
  gradient: usize, out: usize, y: usize, coefficients: usize, dy: usize, masked: usize,
  lo: i32, hi: i32, size: i32, blocks: i32,
): void {
  const zero = f32x4.splat(0);
  const paddedRow: usize = <usize>(size + 2) << 5;
  const denseRow: usize = <usize>size << 5;
  const stride: usize = <usize>blocks << 5;
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      const v: usize = coefficients + (<usize>block << 5);
      const a0 = v128.load(v), a1 = v128.load(v, 16);
      const b0 = v128.load(v + stride), b1 = v128.load(v + stride, 16);
      const d0 = v128.load(v + 2 * stride), d1 = v128.load(v + 2 * stride, 16);
      for (let row = 0; row < size; row++) {
        const dense: usize = <usize>((n * blocks + block) * size + row) * denseRow;
        const padded: usize = <usize>((n * blocks + block) * (size + 2) + row + 1) * paddedRow + 32;
        let p: usize = y + dense, g: usize = gradient + dense, m: usize = masked + dense;
        let o: usize = out + padded, d: usize = dy + padded;
        const end: usize = p + denseRow;
        while (p < end) {
          const u = v128.and(v128.load(g), f32x4.gt(v128.load(o), zero));
          const w = v128.and(v128.load(g, 16), f32x4.gt(v128.load(o, 16), zero));
          v128.store(d, madd(u, a0, madd(v128.load(p), b0, d0)));
          v128.store(d, madd(w, a1, madd(v128.load(p, 16), b1, d1)), 16);
          if (masked) { v128.store(m, u); v128.store(m, w, 16); }
          p += 32; g += 32; m += 32; o += 32; d += 32;
        }
      }
    }
  }
}
