import { forEachPlane, type Tensor, zeros } from "./tensor.ts";

/** What a batch norm normalises by. */
export interface NormStatistics {
  /** [channels]. */
  readonly mean: Float64Array;
  /** [channels]; of a batch the biased one. */
  readonly variance: Float64Array;
}

/** How batch norm normalises: by the statistics of the batch or by running ones. */
export type Mode = "training" | "evaluation";

const EPSILON = 1e-5;

/** Values per channel. */
function valuesPerChannel({ n, height, width }: Tensor): number {
  return n * height * width;
}

/** Mean and biased variance per channel. */
export function batchStatistics(x: Tensor): NormStatistics {
  const count = valuesPerChannel(x);
  const mean = new Float64Array(x.channels);
  const variance = new Float64Array(x.channels);
  forEachPlane(x, (c, start, end) => {
    for (let i = start; i < end; i++) mean[c] = (mean[c] as number) + (x.data[i] as number) / count;
  });
  forEachPlane(x, (c, start, end) => {
    const mu = mean[c] as number;
    for (let i = start; i < end; i++) variance[c] = (variance[c] as number) + ((x.data[i] as number) - mu) ** 2 / count;
  });
  return { mean, variance };
}

/** running ← 0.9 · running + 0.1 · batch, the variance unbiased. `x` is what the batch norm read. */
export function updateRunning(running: NormStatistics, batch: NormStatistics, x: Tensor): void {
  const count = valuesPerChannel(x);
  for (let c = 0; c < x.channels; c++) {
    const unbiased = ((batch.variance[c] as number) * count) / (count - 1);
    running.mean[c] = 0.9 * (running.mean[c] as number) + 0.1 * (batch.mean[c] as number);
    running.variance[c] = 0.9 * (running.variance[c] as number) + 0.1 * unbiased;
  }
}

/** (x − mean) / √(variance + ε) · gain + bias. */
export function batchNorm(
  x: Tensor,
  { mean, variance }: NormStatistics,
  gain: ArrayLike<number>,
  bias: ArrayLike<number>,
): Tensor {
  const y = zeros(x.n, x);
  forEachPlane(x, (c, start, end) => {
    const deviation = Math.sqrt((variance[c] as number) + EPSILON);
    for (let i = start; i < end; i++) {
      const normal = ((x.data[i] as number) - (mean[c] as number)) / deviation;
      y.data[i] = normal * (gain[c] as number) + (bias[c] as number);
    }
  });
  return y;
}

/** In training mode through the statistics too, which then are those of `x`; in evaluation mode they are constants. */
export function batchNormGradient(
  x: Tensor,
  { mean, variance }: NormStatistics,
  gain: ArrayLike<number>,
  dy: Tensor,
  mode: Mode,
): { dx: Tensor; dGain: Float64Array; dBias: Float64Array } {
  const count = valuesPerChannel(x);
  const dGain = new Float64Array(x.channels);
  const dBias = new Float64Array(x.channels);
  const inverse = variance.map((v) => 1 / Math.sqrt(v + EPSILON));
  const normal = (i: number, c: number) => ((x.data[i] as number) - (mean[c] as number)) * (inverse[c] as number);
  forEachPlane(x, (c, start, end) => {
    for (let i = start; i < end; i++) {
      dBias[c] = (dBias[c] as number) + (dy.data[i] as number);
      dGain[c] = (dGain[c] as number) + (dy.data[i] as number) * normal(i, c);
    }
  });
  const dx = zeros(x.n, x);
  forEachPlane(x, (c, start, end) => {
    for (let i = start; i < end; i++) {
      const throughStatistics = ((dBias[c] as number) + normal(i, c) * (dGain[c] as number)) / count;
      const centred = (dy.data[i] as number) - (mode === "training" ? throughStatistics : 0);
      dx.data[i] = (gain[c] as number) * (inverse[c] as number) * centred;
    }
  });
  return { dx, dGain, dBias };
}
