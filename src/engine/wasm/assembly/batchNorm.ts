import { madd } from "./simd";

/** Per-channel vectors of one batch norm, C floats each, in this order; see plan/batchNorm.ts. */
// scale = γ/σ · shift = β − mean·scale · mean · 1/σ · biased variance

/** Σ y and Σ y² per channel of images lo … hi−1 → partial[chunk][2][C]. y is dense. */
export function normPartial(y: usize, lo: i32, hi: i32, chunk: i32, area: i32, blocks: i32, partial: usize): void {
  for (let block = 0; block < blocks; block++) {
    let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
    for (let n = lo; n < hi; n++) {
      let p: usize = y + (<usize>((n * blocks + block) * area) << 5);
      const end: usize = p + (<usize>area << 5);
      while (p < end) {
        const a = v128.load(p), b = v128.load(p, 16);
        s0 = f32x4.add(s0, a); q0 = madd(a, a, q0);
        s1 = f32x4.add(s1, b); q1 = madd(b, b, q1);
        p += 32;
      }
    }
    const sum: usize = partial + (<usize>(chunk * 2 * blocks + block) << 5);
    const squares: usize = sum + (<usize>blocks << 5);
    v128.store(sum, s0); v128.store(sum, s1, 16);
    v128.store(squares, q0); v128.store(squares, q1, 16);
  }
}

/** Batch statistics in float64 from the partial sums → the norm's vectors. Every thread writes the same bits. */
export function normFinalise(
  partial: usize, chunks: i32, channels: i32, n: i32, area: i32, gamma: usize, beta: usize, vectors: usize,
): void {
  const count = <f64>n * <f64>area;
  const stride: usize = <usize>channels << 2;
  for (let c: usize = 0; c < <usize>channels; c++) {
    const at: usize = c << 2;
    let sum: f64 = 0, squares: f64 = 0;
    for (let k = 0; k < chunks; k++) {
      sum += <f64>load<f32>(partial + at + <usize>(2 * k) * stride);
      squares += <f64>load<f32>(partial + at + <usize>(2 * k + 1) * stride);
    }
    const mean = sum / count;
    const variance = max<f64>(squares / count - mean * mean, 0);
    const inverse = 1.0 / Math.sqrt(variance + 1e-5);
    const scale = <f64>load<f32>(gamma + at) * inverse;
    store<f32>(vectors + at, <f32>scale);
    store<f32>(vectors + at + stride, <f32>(<f64>load<f32>(beta + at) - mean * scale));
    store<f32>(vectors + at + 2 * stride, <f32>mean);
    store<f32>(vectors + at + 3 * stride, <f32>inverse);
    store<f32>(vectors + at + 4 * stride, <f32>variance);
  }
}

/** running ← 0.9 running + 0.1 batch; the variance with the unbiased batch variance, as PyTorch. */
export function normRunning(
  vectors: usize, lo: i32, hi: i32, channels: i32, n: i32, area: i32, runningMean: usize, runningVar: usize,
): void {
  const count = <f64>n * <f64>area;
  const unbiased = count / (count - 1.0);
  const stride: usize = <usize>channels << 2;
  for (let c = lo; c < hi; c++) {
    const at: usize = <usize>c << 2;
    const mean = <f64>load<f32>(vectors + at + 2 * stride);
    const variance = <f64>load<f32>(vectors + at + 4 * stride) * unbiased;
    store<f32>(runningMean + at, <f32>(0.9 * <f64>load<f32>(runningMean + at) + 0.1 * mean));
    store<f32>(runningVar + at, <f32>(0.9 * <f64>load<f32>(runningVar + at) + 0.1 * variance));
  }
}

/** Scale and shift of evaluation mode, from the running statistics. */
export function normEvaluate(
  channels: i32, gamma: usize, beta: usize, runningMean: usize, runningVar: usize, vectors: usize,
): void {
  const stride: usize = <usize>channels << 2;
  for (let c: usize = 0; c < <usize>channels; c++) {
    const at: usize = c << 2;
    const scale = <f64>load<f32>(gamma + at) / Math.sqrt(<f64>load<f32>(runningVar + at) + 1e-5);
    store<f32>(vectors + at, <f32>scale);
    store<f32>(vectors + at + stride, <f32>(<f64>load<f32>(beta + at) - <f64>load<f32>(runningMean + at) * scale));
  }
}

/**
 * out = relu(y·scale + shift + residual), dense y → padded out.
 *
 * @param mode 0 = no residual, 1 = `residual` is a padded activation, 2 = it is a dense convolution output with
 *   its own norm `residualVectors` (the projection shortcut)
 */
export function normApply(
  y: usize, vectors: usize, mode: i32, residual: usize, residualVectors: usize, out: usize,
  lo: i32, hi: i32, size: i32, blocks: i32,
): void {
  const zero = f32x4.splat(0);
  const paddedRow: usize = <usize>(size + 2) << 5;
  const denseRow: usize = <usize>size << 5;
  const stride: usize = <usize>blocks << 5;
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      const v: usize = vectors + (<usize>block << 5);
      const a0 = v128.load(v), a1 = v128.load(v, 16);
      const b0 = v128.load(v + stride), b1 = v128.load(v + stride, 16);
      let e0 = zero, e1 = zero, f0 = zero, f1 = zero;
      if (mode == 2) {
        const u: usize = residualVectors + (<usize>block << 5);
        e0 = v128.load(u); e1 = v128.load(u, 16);
        f0 = v128.load(u + stride); f1 = v128.load(u + stride, 16);
      }
      for (let row = 0; row < size; row++) {
        const dense: usize = <usize>((n * blocks + block) * size + row) * denseRow;
        const padded: usize = <usize>((n * blocks + block) * (size + 2) + row + 1) * paddedRow + 32;
        let p: usize = y + dense;
        let o: usize = out + padded;
        let r: usize = residual + (mode == 2 ? dense : padded);
        const end: usize = p + denseRow;
        while (p < end) {
          let s = madd(v128.load(p), a0, b0), t = madd(v128.load(p, 16), a1, b1);
          if (mode == 1) {
            s = f32x4.add(s, v128.load(r)); t = f32x4.add(t, v128.load(r, 16));
          } else if (mode == 2) {
            s = f32x4.add(s, madd(v128.load(r), e0, f0)); t = f32x4.add(t, madd(v128.load(r, 16), e1, f1));
          }
          v128.store(o, f32x4.max(s, zero)); v128.store(o, f32x4.max(t, zero), 16);
          p += 32; o += 32; r += 32;
        }
      }
    }
  }
}
