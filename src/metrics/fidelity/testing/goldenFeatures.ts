import { goldenNoise } from "../../../engine/tape/testing/goldenFill.ts";

/** The correlated float64 features [n, dim] of the golden vectors: noise of the key, each column leaning on the last. */
export function goldenFeatures(key: string, n: number, dim: number): Float64Array {
  const noise = goldenNoise(`${key}/e`, n * dim);
  const scale = goldenNoise(`${key}/s`, dim);
  const offset = goldenNoise(`${key}/o`, dim);
  const out = new Float64Array(n * dim);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < dim; j++) {
      const own = (noise[i * dim + j] as number) * Math.sqrt(3) * (0.75 + 0.5 * (scale[j] as number));
      const before = j === 0 ? 0 : 0.5 * (out[i * dim + j - 1] as number);
      out[i * dim + j] = own + before + (offset[j] as number);
    }
  }
  return out;
}
