import { filterShape } from "../shapes.ts";
import { PlainValue } from "./value.ts";

export function upsampleNearest(x: PlainValue): PlainValue {
  const [n, c, h, w] = x.shape;
  const y = new PlainValue([n, c, 2 * h, 2 * w]);
  let from = 0;
  for (let row = 0; row < n * c * h; row++) {
    let to = row * 4 * w;
    for (let column = 0; column < w; column++) {
      const value = x.data[from++] as number;
      y.data[to] = y.data[to + 1] = y.data[to + 2 * w] = y.data[to + 2 * w + 1] = value;
      to += 2;
    }
  }
  return y;
}

export function filter(
  x: PlainValue,
  taps: readonly number[],
  up: 1 | 2,
  pad: readonly [number, number],
  gain: number,
): PlainValue {
  const y = new PlainValue(filterShape(x.shape, taps, up, pad));
  const [n, c, h, w] = x.shape;
  const [, , height, width] = y.shape;
  const rows = new Float64Array(h * width);
  for (let plane = 0; plane < n * c; plane++) {
    // Along the rows, then along the columns; an output meets every up-th tap only.
    rows.fill(0);
    for (let column = 0; column < width; column++) {
      for (const [source, tap] of meetings(column, w, taps, up, pad[0])) {
        for (let row = 0; row < h; row++) {
          (rows[row * width + column] as number) += tap * (x.data[(plane * h + row) * w + source] as number);
        }
      }
    }
    for (let row = 0; row < height; row++) {
      const met = meetings(row, h, taps, up, pad[0]);
      const at = (plane * height + row) * width;
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (const [source, tap] of met) sum += tap * (rows[source * width + column] as number);
        y.data[at + column] = sum * gain;
      }
    }
  }
  return y;
}

/** The input pixels that an output is made of, with their taps. */
function meetings(output: number, size: number, taps: readonly number[], up: number, before: number) {
  const met: [source: number, tap: number][] = [];
  taps.forEach((tap, i) => {
    const source = (output + i - before) / up;
    if (Number.isInteger(source) && source >= 0 && source < size) met.push([source, tap]);
  });
  return met;
}
