import type { PoolWindow } from "../imageOps.ts";
import { poolShape } from "../shapes.ts";
import { PlainValue } from "./value.ts";

export function pool(x: PlainValue, window: PoolWindow, kind: "max" | "average"): PlainValue {
  const y = new PlainValue(poolShape(x.shape, window));
  const [n, c, h, w] = x.shape;
  const [, , height, width] = y.shape;
  const { kernel, stride, padding } = window;
  let to = 0;
  for (let plane = 0; plane < n * c; plane++) {
    for (let row = 0; row < height; row++) {
      const top = Math.max(0, row * stride - padding);
      const bottom = Math.min(h, row * stride - padding + kernel);
      for (let column = 0; column < width; column++) {
        const left = Math.max(0, column * stride - padding);
        const right = Math.min(w, column * stride - padding + kernel);
        let sum = 0;
        let top1 = Number.NEGATIVE_INFINITY;
        for (let i = top; i < bottom; i++) {
          for (let j = left; j < right; j++) {
            const value = x.data[(plane * h + i) * w + j] as number;
            sum += value;
            // Once it is NaN it stays.
            if (!(value <= top1)) top1 = Number.isNaN(top1) ? top1 : value;
          }
        }
        y.data[to++] = kind === "max" ? top1 : sum / ((bottom - top) * (right - left));
      }
    }
  }
  return y;
}
