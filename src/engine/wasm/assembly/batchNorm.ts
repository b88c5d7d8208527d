import { blocksOf, heightOf, plane, rowStride, widthOf } from "./map";
import { madd } from "./simd";

/** Per-channel vectors of one batch norm, C floats each, in this order; see lowering/norms.ts. */
// scale = γ/σ · shift = β − mean·scale · mean · 1/σ · biased variance

/** Σ x and Σ x² per channel of images lo … hi−1 → partial[chunk][2][C]. */
export function normPartial(x: usize, lo: i32, hi: i32, chunk: i32, partial: usize): void {
  const blocks = blocksOf(x), height = heightOf(x);
  const rowBytes: usize = <usize>widthOf(x) << 5;
  for (let block = 0; block < blocks; block++) {
    let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
    for (let n = lo; n < hi; n++) {
      let line = plane(x, n, block);
      for (let row = 0; row < height; row++) {
        let p = line;
        const end: usize = p + rowBytes;
        while (p < end) {
          const a = v128.load(p), b = v128.load(p, 16);
          s0 = f32x4.add(s0, a); q0 = madd(a, a, q0);
          s1 = f32x4.add(s1, b); q1 = madd(b, b, q1);
          p += 32;
        }
        line += rowStride(x);
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
