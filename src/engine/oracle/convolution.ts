import type { Window } from "../../networks/trunk.ts";
import { rowStart, type Tensor, zeros } from "./tensor.ts";

/** Output side of a window that slides over `length` pixels. */
export function windowed(length: number, { kernel, stride, padding }: Window): number {
  return Math.floor((length + 2 * padding - kernel) / stride) + 1;
}

/** The outputs, `from` up to `to`, whose window has its row or column `tap` inside the `length` pixels. */
function inside(
  tap: number,
  outputs: number,
  length: number,
  { stride, padding }: Window,
): { from: number; to: number } {
  const from = Math.max(0, Math.ceil((padding - tap) / stride));
  const to = Math.min(outputs, Math.floor((length - 1 + padding - tap) / stride) + 1);
  return { from, to };
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
  for (let n = 0; n < x.n; n++) {
    for (let o = 0; o < y.channels; o++) {
      for (let i = 0; i < x.channels; i++) {
        for (let ky = 0; ky < kernel; ky++) {
          const rows = inside(ky, y.height, x.height, window);
          for (let kx = 0; kx < kernel; kx++) {
            const columns = inside(kx, y.width, x.width, window);
            const weight = ((o * x.channels + i) * kernel + ky) * kernel + kx;
            for (let row = rows.from; row < rows.to; row++) {
              const output = rowStart(y, n, o, row) + columns.from;
              const input = rowStart(x, n, i, row * stride + ky - padding) + columns.from * stride + kx - padding;
              visit(weight, output, input, columns.to - columns.from);
            }
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
