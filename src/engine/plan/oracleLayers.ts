/**
 * Layers as their formulas say, in float64 and in PyTorch's layout [n][c][h][w]: loops to be read, not to be fast.
 * What every kernel is measured against.
 */

export interface Tensor {
  readonly n: number;
  readonly channels: number;
  /** Height = width. */
  readonly size: number;
  readonly data: Float64Array;
}

export interface Convolution {
  readonly cin: number;
  readonly cout: number;
  readonly kernel: number;
  readonly stride: number;
}

export function zeros(n: number, channels: number, size: number): Tensor {
  return { n, channels, size, data: new Float64Array(n * channels * size * size) };
}

export function at({ channels, size }: Tensor, n: number, c: number, y: number, x: number): number {
  return ((n * channels + c) * size + y) * size + x;
}

/** Calls `visit` with the indices of every (output, input, weight) that a convolution multiplies. */
function forEachProduct(
  { cin, cout, kernel, stride }: Convolution,
  x: Tensor,
  y: Tensor,
  visit: (output: number, input: number, weight: number) => void,
): void {
  const padding = (kernel - 1) / 2;
  for (let n = 0; n < x.n; n++) {
    for (let o = 0; o < cout; o++) {
      for (let i = 0; i < cin; i++) {
        for (let row = 0; row < y.size; row++) {
          for (let column = 0; column < y.size; column++) {
            const output = at(y, n, o, row, column);
            for (let ky = 0; ky < kernel; ky++) {
              const iy = row * stride + ky - padding;
              if (iy < 0 || iy >= x.size) continue;
              for (let kx = 0; kx < kernel; kx++) {
                const ix = column * stride + kx - padding;
                if (ix < 0 || ix >= x.size) continue;
                visit(output, at(x, n, i, iy, ix), ((o * cin + i) * kernel + ky) * kernel + kx);
              }
            }
          }
        }
      }
    }
  }
}

export function convolve(layer: Convolution, weight: ArrayLike<number>, x: Tensor): Tensor {
  const y = zeros(x.n, layer.cout, x.size / layer.stride);
  forEachProduct(layer, x, y, (o, i, w) => {
    y.data[o] = (y.data[o] as number) + (x.data[i] as number) * (weight[w] as number);
  });
  return y;
}

export function convolveGradient(
  layer: Convolution,
  weight: ArrayLike<number>,
  x: Tensor,
  dy: Tensor,
): { dx: Tensor; dWeight: Float64Array } {
  const dx = zeros(x.n, x.channels, x.size);
  const dWeight = new Float64Array(weight.length);
  forEachProduct(layer, x, dy, (o, i, w) => {
    const g = dy.data[o] as number;
    dx.data[i] = (dx.data[i] as number) + g * (weight[w] as number);
    dWeight[w] = (dWeight[w] as number) + g * (x.data[i] as number);
  });
  return { dx, dWeight };
}

export interface NormStatistics {
  readonly mean: Float64Array;
  /** Biased. */
  readonly variance: Float64Array;
}

const EPSILON = 1e-5;

/** Calls `visit` for every element, with its channel. */
export function forEachElement(x: Tensor, visit: (index: number, channel: number) => void): void {
  const area = x.size * x.size;
  for (let i = 0; i < x.data.length; i++) visit(i, Math.floor(i / area) % x.channels);
}

export function batchStatistics(x: Tensor): NormStatistics {
  const count = x.n * x.size * x.size;
  const mean = new Float64Array(x.channels);
  const variance = new Float64Array(x.channels);
  forEachElement(x, (i, c) => {
    mean[c] = (mean[c] as number) + (x.data[i] as number) / count;
  });
  forEachElement(x, (i, c) => {
    variance[c] = (variance[c] as number) + ((x.data[i] as number) - (mean[c] as number)) ** 2 / count;
  });
  return { mean, variance };
}

export function normalise(
  x: Tensor,
  { mean, variance }: NormStatistics,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
): Tensor {
  const y = zeros(x.n, x.channels, x.size);
  forEachElement(x, (i, c) => {
    const normal = ((x.data[i] as number) - (mean[c] as number)) / Math.sqrt((variance[c] as number) + EPSILON);
    y.data[i] = normal * (gamma[c] as number) + (beta[c] as number);
  });
  return y;
}

/** Gradient through the batch statistics too. */
export function normaliseGradient(
  x: Tensor,
  { mean, variance }: NormStatistics,
  gamma: ArrayLike<number>,
  dy: Tensor,
): { dx: Tensor; dGamma: Float64Array; dBeta: Float64Array } {
  const count = x.n * x.size * x.size;
  const dGamma = new Float64Array(x.channels);
  const dBeta = new Float64Array(x.channels);
  const inverse = variance.map((v) => 1 / Math.sqrt(v + EPSILON));
  const normal = (i: number, c: number) => ((x.data[i] as number) - (mean[c] as number)) * (inverse[c] as number);
  forEachElement(x, (i, c) => {
    dBeta[c] = (dBeta[c] as number) + (dy.data[i] as number);
    dGamma[c] = (dGamma[c] as number) + (dy.data[i] as number) * normal(i, c);
  });
  const dx = zeros(x.n, x.channels, x.size);
  forEachElement(x, (i, c) => {
    const centred = (dy.data[i] as number) - ((dBeta[c] as number) + normal(i, c) * (dGamma[c] as number)) / count;
    dx.data[i] = (gamma[c] as number) * (inverse[c] as number) * centred;
  });
  return { dx, dGamma, dBeta };
}

/** Element by element. */
export function combine(a: Tensor, b: Tensor, rule: (a: number, b: number) => number): Tensor {
  return { ...a, data: a.data.map((value, i) => rule(value, b.data[i] as number)) };
}

export function relu(x: Tensor): Tensor {
  return { ...x, data: x.data.map((value) => Math.max(0, value)) };
}

/** The gradient before a ReLU, from its output. */
export function reluGradient(out: Tensor, dOut: Tensor): Tensor {
  return combine(dOut, out, (g, o) => (o > 0 ? g : 0));
}
