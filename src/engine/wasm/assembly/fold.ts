/**
 * Folds a batch norm with running statistics into the convolution before it: w ← w·scale per output channel, and
 * bias = β − mean·scale.
 *
 * @param w panels [Cout/8][depth][8]; `folded` likewise
 * @param lo first panel
 * @param hi one past the last
 * @param depth weights per output channel
 */
export function foldNorm(
  w: usize, folded: usize, bias: usize, lo: i32, hi: i32, depth: i32,
  gamma: usize, beta: usize, runningMean: usize, runningVar: usize,
): void {
  const panelBytes: usize = <usize>depth << 5;
  for (let panel = lo; panel < hi; panel++) {
    const start: usize = <usize>panel * panelBytes;
    for (let lane: usize = 0; lane < 32; lane += 4) {
      const c: usize = (<usize>panel << 5) + lane;
      const scale = <f64>load<f32>(gamma + c) / Math.sqrt(<f64>load<f32>(runningVar + c) + 1e-5);
      store<f32>(bias + c, <f32>(<f64>load<f32>(beta + c) - <f64>load<f32>(runningMean + c) * scale));
      for (let at: usize = start + lane; at < start + panelBytes; at += 32) {
        store<f32>(folded + at, <f32>(<f64>load<f32>(w + at) * scale));
      }
    }
  }
}
