import type { Window } from "../../networks/trunk.ts";
import { type Tensor, zeros } from "./tensor.ts";

/** Output side of a window that slides over `length` pixels. */
export function windowed(length: number, { kernel, stride, padding }: Window): number {
  return Math.floor((length + 2 * padding - kernel) / stride) + 1;
}

/** For each tap of the kernel along a side: the outputs, `from` up to `to`, whose tap lies inside the `length` pixels. */
function insideByTap(outputs: number, length: number, { kernel, stride, padding }: Window) {
  return Array.from({ length: kernel }, (_, tap) => ({
    from: Math.max(0, Math.ceil((padding - tap) / stride)),
    to: Math.min(outputs, Math.floor((length - 1 + padding - tap) / stride) + 1),
  }));
}

/**
 * Calls `visit` for every run of products that share one weight: `count` neighbouring outputs of a row, from
 * `output` on, and the inputs that they take, `stride` apart, from `input` on.
 */
function forEachRun(
  window: Window,
  x: Tensor,
  y: Tensor,
  visit: (weight: number, output: number, input: number, count: number) => void,
): void {
  const { kernel, stride, padding } = window;
  const taps = insideByTap(y.height, x.height, window).flatMap((rows, ky) =>
    insideByTap(y.width, x.width, window).map((columns, kx) => ({ ky, kx, rows, columns })),
  );
  const [inputArea, outputArea] = [x.height * x.width, y.height * y.width];
  for (let n = 0; n < x.n; n++) {
    for (let o = 0; o < y.channels; o++) {
      for (let i = 0; i < x.channels; i++) {
        const from = (n * x.channels + i) * inputArea;
        const to = (n * y.channels + o) * outputArea;
        for (const { ky, kx, rows, columns } of taps) {
          const count = columns.to - columns.from;
          const weight = ((o * x.channels + i) * kernel + ky) * kernel + kx;
          for (let row = rows.from; row < rows.to; row++) {
            const input = from + (row * stride + ky - padding) * x.width + columns.from * stride + kx - padding;
            visit(weight, to + row * y.width + columns.from, input, count);
          }
        }
      }
    }
  }
}

/** @param weight [cout][cin][kernel][kernel] */
export function convolve(window: Window, weight: ArrayLike<number>, x: Tensor): Tensor {
  const { kernel, stride } = window;
  const channels = weight.length / (x.channels * kernel * kernel);
  if (!Number.isInteger(channels)) {
    throw new RangeError(`${weight.length} weights are no [cout][${x.channels}][${kernel}][${kernel}].`);
  }
  const y = zeros(x.n, { channels, height: windowed(x.height, window), width: windowed(x.width, window) });
  const [from, to] = [x.data, y.data];
  forEachRun(window, x, y, (w, output, input, count) => {
    const factor = weight[w] as number;
    for (let at = output, i = input; at < output + count; at++, i += stride) {
      to[at] = (to[at] as number) + factor * (from[i] as number);
    }
  });
  return y;
}

/** The gradients by the input and by the weight, from the one by the output. */
export function convolveGradient(
  window: Window,
  weight: ArrayLike<number>,
  x: Tensor,
  dy: Tensor,
): { dx: Tensor; dWeight: Float64Array } {
  const { stride } = window;
  const dx = zeros(x.n, x);
  const dWeight = new Float64Array(weight.length);
  const [from, to, slopes] = [x.data, dx.data, dy.data];
  forEachRun(window, x, dy, (w, output, input, count) => {
    const factor = weight[w] as number;
    let sum = 0;
    for (let k = 0, at = input; k < count; k++, at += stride) {
      const g = slopes[output + k] as number;
      sum += g * (from[at] as number);
      to[at] = (to[at] as number) + g * factor;
    }
    dWeight[w] = (dWeight[w] as number) + sum;
  });
  return { dx, dWeight };
}
