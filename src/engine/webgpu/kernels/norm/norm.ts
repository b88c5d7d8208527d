import { checkView, type GpuKernel, type MapView } from "../kernel.ts";
import { assemble, floats, grid } from "../wgsl.ts";

/** PyTorch's ε under the root. */
export const EPSILON = 1e-5;

/**
 * What a batch norm does to a map, as kernels pass it on: four rows of [channels]: scale γ/σ, bias β, mean μ and 1/σ.
 * norm(x) = (x − μ)·scale + β; the mean is subtracted first because it may be much larger than σ.
 */
export const NORM_ROWS = 4;

/** Floats of a norm's rows. */
export function normFloats(channels: number): number {
  return NORM_ROWS * channels;
}

/** WGSL of (value − μ)·scale + β for one quad of `shape.quads` quads of channels. */
export function normalised(norm: string, value: string, quad: string): string {
  const row = (index: number) => `${norm}[${quad} + ${index}u * shape.quads]`;
  return `((${value} - ${row(2)}) * ${row(0)} + ${row(1)})`;
}

const threads = 64;

/**
 * A norm from its running statistics, for evaluation.
 *
 * Bindings: gain γ, bias β, runningMean, runningVariance [channels], norm [4][channels].
 */
export function foldNorm(channels: number): GpuKernel {
  checkChannels(channels);
  const quads = channels / 4;
  return assemble({
    label: `norm from running statistics ${channels}`,
    bindings: [
      floats("gain", channels),
      floats("bias", channels),
      floats("runningMean", channels),
      floats("runningVariance", channels),
      floats("norm", normFloats(channels), "read_write"),
    ],
    workgroups: () => grid(Math.ceil(quads / threads)),
    flops: () => 3 * channels,
    bytes: () => (4 + NORM_ROWS) * channels * 4,
    threads,
    shape: { quads },
    main: `
  let quad = group * ${threads}u + thread;
  if (quad >= shape.quads) { return; }
  let inverse = 1.0 / sqrt(runningVariance[quad] + ${EPSILON});
  norm[quad] = gain[quad] * inverse;
  norm[quad + shape.quads] = bias[quad];
  norm[quad + 2u * shape.quads] = runningMean[quad];
  norm[quad + 3u * shape.quads] = inverse;`,
  });
}

/**
 * A convolution's weights and bias with the batch norm behind it worked in: folded ∗ x + foldedBias = norm(w ∗ x).
 *
 * Bindings: weights [inputs][outputs], norm [4][outputs], folded [inputs][outputs], foldedBias [outputs].
 *
 * @param inputs taps times input channels
 */
export function foldWeights(inputs: number, outputs: number): GpuKernel {
  checkChannels(outputs);
  const quads = outputs / 4;
  return assemble({
    label: `fold norm into weights ${inputs}→${outputs}`,
    bindings: [
      floats("weights", inputs * outputs),
      floats("norm", normFloats(outputs)),
      floats("folded", inputs * outputs, "read_write"),
      floats("foldedBias", outputs, "read_write"),
    ],
    workgroups: () => grid(Math.ceil((inputs * quads) / threads)),
    flops: () => inputs * outputs,
    bytes: () => 2 * inputs * outputs * 4,
    threads,
    shape: { inputs, quads },
    main: `
  let at = group * ${threads}u + thread;
  if (at >= shape.inputs * shape.quads) { return; }
  folded[at] = weights[at] * norm[at % shape.quads];
  if (at < shape.quads) { foldedBias[at] = ${normalised("norm", "vec4f()", "at")}; }`,
  });
}

function checkChannels(channels: number): void {
  const vector: MapView = { height: 1, width: 1, channels, pixelStride: channels, channelOffset: 0 };
  checkView("A norm", vector);
}
