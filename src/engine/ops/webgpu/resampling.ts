import type { Tensor } from "@tensorflow/tfjs-core";
import type { PoolWindow, Shape } from "../imageOps.ts";
import type { Run } from "./runner.ts";
import { type GpuValue, placeFunction, sides } from "./value.ts";

/** Every pixel four times. */
export function upsampleNearest(run: Run, x: GpuValue, shape: Shape): Tensor {
  return run(
    {
      name: "upsampleNearest",
      inputs: ["x"],
      uniforms: { sides: "vec4<i32>" },
      functions: placeFunction,
      code: `
        let at = place(index, uniforms.sides);
        let pixel = (at.x * (uniforms.sides.y / 2) + at.y / 2) * (uniforms.sides.z / 2) + at.z / 2;
        result[index] = x[pixel * uniforms.sides.w + at.w];`,
    },
    [x.tensor],
    { sides: sides(shape) },
    x.tensor.size * 4,
  );
}

/** Zeros between and around the pixels are never read: with `up` 2 a quarter of the taps meets a pixel. */
export function filter(
  run: Run,
  x: GpuValue,
  taps: readonly number[],
  up: 1 | 2,
  before: number,
  gain: number,
  shape: Shape,
): Tensor {
  const numbers = taps.map((tap) => float(tap)).join(", ");
  return run(
    {
      name: "filter",
      variant: `${up} ${numbers}`,
      inputs: ["x"],
      uniforms: { sides: "vec4<i32>", source: "vec4<i32>", before: "i32", factor: "f32" },
      functions: `${placeFunction}
        const taps = array<f32, ${taps.length}>(${numbers});`,
      code: `
        let at = place(index, uniforms.sides);
        let first = at.yz - uniforms.before;
        // The first tap that meets a pixel and no inserted zero.
        let skip = ${up === 2 ? "first & vec2<i32>(1)" : "vec2<i32>(0)"};
        var sum = 0.0;
        for (var u = skip.x; u < ${taps.length}; u += ${up}) {
          let row = (first.x + u) / ${up};
          if (first.x + u < 0 || row >= uniforms.source.y) { continue; }
          var line = 0.0;
          for (var v = skip.y; v < ${taps.length}; v += ${up}) {
            let column = (first.y + v) / ${up};
            if (first.y + v < 0 || column >= uniforms.source.z) { continue; }
            let pixel = (at.x * uniforms.source.y + row) * uniforms.source.z + column;
            line += taps[v] * x[pixel * uniforms.source.w + at.w];
          }
          sum += taps[u] * line;
        }
        result[index] = sum * uniforms.factor;`,
    },
    [x.tensor],
    { sides: sides(shape), source: sides(x.shape), before, factor: gain },
    size(shape),
  );
}

/** Padding is −∞ to the largest and absent from the average. NaN wins. */
export function pool(run: Run, kind: "max" | "average", x: GpuValue, window: PoolWindow, shape: Shape): Tensor {
  const { kernel, stride, padding } = window;
  return run(
    {
      name: "pool",
      variant: kind,
      inputs: ["x"],
      uniforms: { sides: "vec4<i32>", source: "vec4<i32>", kernel: "i32", stride: "i32", padding: "i32" },
      functions: placeFunction,
      code: `
        let at = place(index, uniforms.sides);
        let first = at.yz * uniforms.stride - uniforms.padding;
        let low = max(first, vec2<i32>(0));
        let high = min(first + uniforms.kernel, uniforms.source.yz);
        var value = ${kind === "max" ? "-0x1.fffffep+127f" : "0.0"};
        for (var row = low.x; row < high.x; row++) {
          for (var column = low.y; column < high.y; column++) {
            let pixel = (at.x * uniforms.source.y + row) * uniforms.source.z + column;
            let other = x[pixel * uniforms.source.w + at.w];
            ${kind === "max" ? "if (isnan(other) || other > value) { value = other; }" : "value += other;"}
            ${kind === "max" ? "if (isnan(other)) { result[index] = other; return; }" : ""}
          }
        }
        let area = (high.x - low.x) * (high.y - low.y);
        result[index] = ${kind === "max" ? "value" : "value / f32(area)"};`,
    },
    [x.tensor],
    { sides: sides(shape), source: sides(x.shape), kernel, stride, padding },
    size(shape),
  );
}

function size([n, c, h, w]: Shape): number {
  return n * c * h * w;
}

/** A WGSL literal of a number's nearest float32. */
function float(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`A filter's taps are finite numbers, not ${value}.`);
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}
