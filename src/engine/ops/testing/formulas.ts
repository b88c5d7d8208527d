import type { Activation, ConvolutionForm, PoolWindow, Shape } from "../imageOps.ts";
import { sum, Tensor } from "./tensor.ts";

/* Every operation as its definition says, place by place, by other ways than any device takes. */

export function activated(x: Tensor, { kind, slope = 0, gain = 1, clamp }: Activation): Tensor {
  return x.map((value) => {
    const f = {
      linear: value,
      relu: Math.max(value, 0),
      "leaky-relu": value > 0 ? value : slope * value,
      swish: value / (1 + Math.exp(-value)),
      tanh: Math.tanh(value),
    }[kind];
    const y = gain * f;
    return typeof clamp === "number" ? Math.min(Math.max(y, -clamp), clamp) : y;
  });
}

/** Zeros between the pixels, [n, c, 2h, 2w]: the last row and column are zeros too. */
function stuffed(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  return new Tensor([n, c, 2 * h, 2 * w], (i, j, y, z) => (y % 2 || z % 2 ? 0 : x.at(i, j, y / 2, z / 2)));
}

export function nearest(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  return new Tensor([n, c, 2 * h, 2 * w], (i, j, y, z) => x.at(i, j, y >> 1, z >> 1));
}

export function convolved(x: Tensor, weight: Tensor, { up, stride, padding }: ConvolutionForm): Tensor {
  const [cout, cin, kh, kw] = weight.shape;
  const [n, , h, w] = x.shape;
  if (up === "transposed") {
    const from = stuffed(x);
    const shape: Shape = [n, cout, 2 * h + kh - 2, 2 * w + kw - 2];
    // y[2i + k] += w[k] x[i]: a true convolution of the stuffed map.
    return new Tensor(shape, (image, o, y, z) =>
      sum(cin, (c) => sum(kh, (k) => sum(kw, (l) => weight.at(o, c, k, l) * from.at(image, c, y - k, z - l)))),
    );
  }
  const from = up === "nearest" ? nearest(x) : x;
  const [top, bottom, left, right] = padding;
  const height = Math.floor((from.shape[2] + top + bottom - kh) / stride) + 1;
  const width = Math.floor((from.shape[3] + left + right - kw) / stride) + 1;
  return new Tensor([n, cout, height, width], (image, o, y, z) =>
    sum(cin, (c) =>
      sum(kh, (k) =>
        sum(kw, (l) => weight.at(o, c, k, l) * from.at(image, c, y * stride - top + k, z * stride - left + l)),
      ),
    ),
  );
}

export function filtered(
  x: Tensor,
  taps: readonly number[],
  up: 1 | 2,
  [before, after]: readonly [number, number],
  gain: number,
): Tensor {
  const from = up === 2 ? stuffed(x) : x;
  const [n, c, h, w] = from.shape;
  const grow = before + after - taps.length + 1;
  return new Tensor([n, c, h + grow, w + grow], (i, j, y, z) => {
    const tap = (k: number) => taps[k] as number;
    const at = (k: number, l: number) => from.at(i, j, y - before + k, z - before + l);
    return gain * sum(taps.length, (k) => sum(taps.length, (l) => tap(k) * tap(l) * at(k, l)));
  });
}

export function grouped(x: Tensor, groups: number, gamma: Tensor, beta: Tensor, eps: number): Tensor {
  const size = x.shape[1] / groups;
  const means = moments(x, (n, c) => n * groups + Math.floor(c / size));
  return new Tensor(x.shape, (n, c, y, z) => {
    const { mean, variance } = means(n * groups + Math.floor(c / size));
    return ((x.at(n, c, y, z) - mean) / Math.sqrt(variance + eps)) * gamma.at(0, c, 0, 0) + beta.at(0, c, 0, 0);
  });
}

/** Mean and variance of the elements that have one key. */
export function moments(x: Tensor, key: (n: number, c: number) => number) {
  const sums = new Map<number, { count: number; sum: number; squares: number }>();
  new Tensor(x.shape, (n, c, y, z) => {
    const found = sums.get(key(n, c)) ?? { count: 0, sum: 0, squares: 0 };
    const value = x.at(n, c, y, z);
    sums.set(key(n, c), { count: found.count + 1, sum: found.sum + value, squares: found.squares + value * value });
    return 0;
  });
  return (wanted: number) => {
    const { count, sum, squares } = sums.get(wanted) ?? { count: 0, sum: 0, squares: 0 };
    return { mean: sum / count, variance: squares / count - (sum / count) ** 2 };
  };
}

export function pooled(x: Tensor, { kernel, stride, padding }: PoolWindow, kind: "max" | "average"): Tensor {
  const [n, c, h, w] = x.shape;
  const side = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  return new Tensor([n, c, side(h), side(w)], (i, j, y, z) => {
    const there: number[] = [];
    for (let k = y * stride - padding; k < y * stride - padding + kernel; k++) {
      for (let l = z * stride - padding; l < z * stride - padding + kernel; l++) {
        if (k >= 0 && l >= 0 && k < h && l < w) there.push(x.at(i, j, k, l));
      }
    }
    return kind === "max" ? Math.max(...there) : sum(there.length, (k) => there[k] as number) / there.length;
  });
}

export function attended(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
  const [n, d, h, w] = q.shape;
  const [, e, a, b] = v.shape;
  const weight = (i: number, y: number, x: number, key: number) =>
    Math.exp(scale * sum(d, (c) => q.at(i, c, y, x) * k.at(i, c, Math.floor(key / b), key % b)));
  return new Tensor([n, e, h, w], (i, c, y, x) => {
    const total = sum(a * b, (key) => weight(i, y, x, key));
    return sum(a * b, (key) => (weight(i, y, x, key) / total) * v.at(i, c, Math.floor(key / b), key % b));
  });
}
