import type { Window } from "../../networks/trunk.ts";
import { windowed } from "./convolution.ts";
import { rowStart, type Tensor, zeros } from "./tensor.ts";

/** Calls `visit` for every output with the input pixels that its window holds, in scan order. Padding is left out. */
function forEachWindow(window: Window, x: Tensor, y: Tensor, visit: (output: number, inputs: number[]) => void): void {
  const { kernel, stride, padding } = window;
  for (let n = 0; n < y.n; n++) {
    for (let c = 0; c < y.channels; c++) {
      for (let row = 0; row < y.height; row++) {
        for (let column = 0; column < y.width; column++) {
          const inputs: number[] = [];
          const [top, left] = [row * stride - padding, column * stride - padding];
          for (let iy = Math.max(0, top); iy < Math.min(x.height, top + kernel); iy++) {
            const start = rowStart(x, n, c, iy);
            for (let ix = Math.max(0, left); ix < Math.min(x.width, left + kernel); ix++) inputs.push(start + ix);
          }
          visit(rowStart(y, n, c, row) + column, inputs);
        }
      }
    }
  }
}

function pooled(window: Window, x: Tensor): Tensor {
  return zeros(x.n, {
    channels: x.channels,
    height: windowed(x.height, window),
    width: windowed(x.width, window),
  });
}

/** The first of the largest. */
function largest(x: Tensor, inputs: readonly number[]): number {
  return inputs.reduce((best, i) => ((x.data[i] as number) > (x.data[best] as number) ? i : best));
}

/** Padding never is the maximum. */
export function maxPool(window: Window, x: Tensor): Tensor {
  const y = pooled(window, x);
  forEachWindow(window, x, y, (output, inputs) => {
    y.data[output] = x.data[largest(x, inputs)] as number;
  });
  return y;
}

/** Each output's gradient goes to the first maximum of its window. */
export function maxPoolGradient(window: Window, x: Tensor, dy: Tensor): Tensor {
  const dx = zeros(x.n, x);
  forEachWindow(window, x, dy, (output, inputs) => {
    const i = largest(x, inputs);
    dx.data[i] = (dx.data[i] as number) + (dy.data[output] as number);
  });
  return dx;
}

/** Divides by kernel² everywhere: padding counts as zeros. */
export function averagePool(window: Window, x: Tensor): Tensor {
  const y = pooled(window, x);
  forEachWindow(window, x, y, (output, inputs) => {
    y.data[output] = inputs.reduce((sum, i) => sum + (x.data[i] as number), 0) / window.kernel ** 2;
  });
  return y;
}

/** Of `x` only the shape matters. */
export function averagePoolGradient(window: Window, x: Tensor, dy: Tensor): Tensor {
  const dx = zeros(x.n, x);
  forEachWindow(window, x, dy, (output, inputs) => {
    const share = (dy.data[output] as number) / window.kernel ** 2;
    for (const i of inputs) dx.data[i] = (dx.data[i] as number) + share;
  });
  return dx;
}

/** Mean over rows and columns: [n][channels][1][1]. */
export function globalAverage(x: Tensor): Tensor {
  const area = x.height * x.width;
  const y = zeros(x.n, { channels: x.channels, height: 1, width: 1 });
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = x.data.subarray(i * area, (i + 1) * area).reduce((sum, value) => sum + value / area, 0);
  }
  return y;
}

/** Of `x` only the shape matters. */
export function globalAverageGradient(x: Tensor, dy: Tensor): Tensor {
  const area = x.height * x.width;
  const dx = zeros(x.n, x);
  for (let i = 0; i < dy.data.length; i++) dx.data.fill((dy.data[i] as number) / area, i * area, (i + 1) * area);
  return dx;
}
