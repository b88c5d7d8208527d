/**
 * The oracle: every layer and whole trunks as their formulas say, in float64 loops to be read, not to be fast. What
 * kernels, plans and engines are compared with, in tests and at small sizes.
 *
 * A kernel's test fills a map with `tensor(n, { channels, height, width }, values)`, any sizes, and calls the layer:
 * `convolve(window, weight, x)` and `convolveGradient(window, weight, x, dy)` (convolution.ts), `batchStatistics`,
 * `batchNorm`, `batchNormGradient` (batchNorm.ts), `maxPool`, `averagePool`, `globalAverage` and their gradients
 * (pool.ts), `relu`, `add`, `concat` (pointwise.ts). Weights are PyTorch's [cout][cin][kernel][kernel], maps NCHW.
 * Whole graphs: OracleTrunk (trunk.ts); with head and cross-entropy: Oracle (classifier.ts).
 */
import type { MapShape } from "../../networks/trunk.ts";

/** A feature map of `n` images in PyTorch's layout [n][channels][height][width], float64. */
export interface Tensor extends MapShape {
  readonly n: number;
  readonly data: Float64Array;
}

/** @throws RangeError if the number of values is not n × channels × height × width */
export function tensor(n: number, { channels, height, width }: MapShape, values: ArrayLike<number>): Tensor {
  const length = n * channels * height * width;
  if (values.length !== length) {
    throw new RangeError(`${n}×${channels}×${height}×${width} takes ${length} numbers, not ${values.length}.`);
  }
  return { n, channels, height, width, data: Float64Array.from(values) };
}

export function zeros(n: number, { channels, height, width }: MapShape): Tensor {
  return { n, channels, height, width, data: new Float64Array(n * channels * height * width) };
}

/** Where the row (n, channel, y) begins. */
export function rowStart({ channels, height, width }: Tensor, n: number, channel: number, y: number): number {
  return ((n * channels + channel) * height + y) * width;
}

/** Calls `visit` for each image's plane of one channel: the indices from `start` up to `end`. */
export function forEachPlane(x: Tensor, visit: (channel: number, start: number, end: number) => void): void {
  const area = x.height * x.width;
  for (let plane = 0; plane < x.n * x.channels; plane++) {
    visit(plane % x.channels, plane * area, (plane + 1) * area);
  }
}
