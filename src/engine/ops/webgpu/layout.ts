import type { Tensor } from "@tensorflow/tfjs-core";
import type { Shape } from "../imageOps.ts";
import type { Run } from "./runner.ts";

/** true where [n, c, h, w] and [n, h, w, c] are the same memory. */
export function sameInBothLayouts([, c, h, w]: Shape): boolean {
  return c === 1 || h * w === 1;
}

/** [n, c, h, w] → [n, h, w, c]. */
export function channelsLast(run: Run, flat: Tensor, [, c, h, w]: Shape): Tensor {
  return swap(run, flat, c, h * w);
}

/** [n, h, w, c] → [n, c, h, w]. */
export function channelsFirst(run: Run, flat: Tensor, [, c, h, w]: Shape): Tensor {
  return swap(run, flat, h * w, c);
}

/** Matrices [rows, columns], one after another, transposed. */
function swap(run: Run, flat: Tensor, rows: number, columns: number): Tensor {
  return run(
    {
      name: "swap",
      inputs: ["x"],
      uniforms: { rows: "i32", columns: "i32" },
      code: `
        let area = uniforms.rows * uniforms.columns;
        let matrix = index / area;
        let inside = index % area;
        let column = inside / uniforms.rows;
        let row = inside % uniforms.rows;
        result[index] = x[matrix * area + row * uniforms.columns + column];`,
    },
    [flat],
    { rows, columns },
    flat.size,
  );
}
