/**
 * dγ, dβ and the coefficients A, B, D (C floats each) of dx = A·g + B·x + D, in float64 from the partial sums of
 * combineGradientPartial. Every thread writes the same bits.
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
