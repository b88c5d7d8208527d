import type { Window } from "../../../../networks/trunk.ts";
import {
  ELEMENTWISE_THREADS,
  elementwise,
  elementwiseIndex,
  elementwiseShape,
  quadAt,
  viewShape,
} from "../elementwise.ts";
import { checkView, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, mapBinding, type Shape, stepBinding } from "../wgsl.ts";

export type PoolOp = "maxPool" | "averagePool";

/** y = the largest value, or the average, of each window of x. Padding is −∞ for the one, zeros for the other. */
export interface PoolShape {
  readonly op: PoolOp;
  readonly x: MapView;
  readonly y: MapView;
  readonly window: Window;
}

const LOWEST = "vec4f(-0x1.fffffep+127f)";

function checkPool({ op, x, y, window }: PoolShape): void {
  checkView(`The input of ${op}`, x);
  checkView(`The output of ${op}`, y);
  const { kernel, stride, padding } = window;
  const side = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  if (side(x.height) !== y.height || side(x.width) !== y.width || x.channels !== y.channels) {
    throw new RangeError(
      `${op} ${kernel}×${kernel}, stride ${stride}, padding ${padding}, makes ` +
        `${side(x.height)}×${side(x.width)}×${x.channels} of ${x.height}×${x.width}×${x.channels}, ` +
        `not ${y.height}×${y.width}×${y.channels}.`,
    );
  }
}

function poolName({ op, x, y, window }: PoolShape): string {
  return `${op} ${window.kernel}×${window.kernel} s${window.stride} ${x.channels} ${y.height}×${y.width}`;
}

/** What `position` has to know: the sizes of this thread's map and of the other one, whose windows or pixels it visits. */
function positionShape(own: MapView, { height: otherHeight, width: otherWidth }: MapView): Shape {
  return { ...elementwiseShape(own), height: own.height, width: own.width, otherHeight, otherWidth };
}

/** WGSL: row and column of this thread's pixel, size and first pixel of its image in the other map. */
const position = `
  let row = i32(pixel / shape.width % shape.height);
  let column = i32(pixel % shape.width);
  let other = vec2i(i32(shape.otherHeight), i32(shape.otherWidth));
  let image = pixel / shape.area * shape.otherHeight * shape.otherWidth;`;

/** WGSL `isNaN(value)`, by the bits: compilers may take for granted that a comparison of floats finds none. */
const isNaNFunction = `
fn isNaN(value: vec4f) -> vec4<bool> { return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
`;

/** WGSL `larger(a, b)`: the larger one, and NaN if one is NaN. */
const largerFunction = `${isNaNFunction}
fn larger(a: vec4f, b: vec4f) -> vec4f { return select(a, b, !isNaN(a) & (isNaN(b) | (b > a))); }
`;

/**
 * The average divides by kernel² everywhere, as PyTorch does by default.
 *
 * Bindings: x, y, step.
 */
export function pool(shape: PoolShape): GpuKernel {
  checkPool(shape);
  const { op, x, y, window } = shape;
  const { kernel, stride, padding } = window;
  const max = op === "maxPool";
  return assemble({
    label: poolName(shape),
    bindings: [mapBinding("x", x), mapBinding("y", y, "read_write"), stepBinding],
    workgroups: (n) => elementwise(y, n),
    flops: (n) => (viewBytes(y, n) / 4) * kernel ** 2,
    bytes: (n) => viewBytes(x, n) + viewBytes(y, n),
    threads: ELEMENTWISE_THREADS,
    shape: { ...positionShape(y, x), ...viewShape({ x, y }) },
    declarations: max ? largerFunction : "",
    main: `${elementwiseIndex}
${position}
  let top = row * ${stride} - ${padding};
  let left = column * ${stride} - ${padding};
  var result = ${max ? LOWEST : "vec4f()"};
  for (var iy = max(top, 0); iy < min(top + ${kernel}, other.x); iy++) {
    for (var ix = max(left, 0); ix < min(left + ${kernel}, other.y); ix++) {
      let input = image + u32(iy * other.y + ix);
      let value = x[${quadAt("x", "input")}];
      result = ${max ? "larger(result, value)" : "result + value"};
    }
  }
  y[${quadAt("y")}] = result${max ? "" : ` * ${1 / kernel ** 2}`};`,
  });
}

/**
 * The gradient by x, written or added. Every input pixel gathers from the windows that hold it; a window's maximum is
 * its first largest value in scan order, as in PyTorch, and is looked for again here.
 *
 * Bindings: x (maxPool only), dy, dx, step. `shape.x` is the view of dx, `shape.y` that of dy; `x` that of the input.
 */
export function poolGradient(shape: PoolShape, x: MapView, accumulate: boolean): GpuKernel {
  checkPool(shape);
  checkPool({ ...shape, x });
  const { op, x: dx, y: dy, window } = shape;
  const { kernel, stride, padding } = window;
  const max = op === "maxPool";
  const at = `dx[${quadAt("dx")}]`;
  return assemble({
    label: `gradient of ${poolName(shape)}${accumulate ? " +=" : ""}`,
    bindings: [
      ...(max ? [mapBinding("x", x)] : []),
      mapBinding("dy", dy),
      mapBinding("dx", dx, "read_write"),
      stepBinding,
    ],
    workgroups: (n) => elementwise(dx, n),
    flops: (n) => (viewBytes(dy, n) / 4) * kernel ** 2,
    bytes: (n) => viewBytes(dy, n) + viewBytes(dx, n) * ((accumulate ? 2 : 1) + (max ? 1 : 0)),
    threads: ELEMENTWISE_THREADS,
    shape: { ...positionShape(dx, dy), ...viewShape(max ? { x, dx, dy } : { dx, dy }) },
    declarations: max ? isFirstMaximum(kernel) : "",
    main: `${elementwiseIndex}
${position}
  var gradient = vec4f();
  // Windows from ⌈(row + padding − kernel + 1) / stride⌉ on; the numerator below is not negative.
  let firstRow = max(row + ${padding - kernel + stride}, 0) / ${stride};
  let firstColumn = max(column + ${padding - kernel + stride}, 0) / ${stride};
  for (var oy = firstRow; oy <= min((row + ${padding}) / ${stride}, other.x - 1); oy++) {
    for (var ox = firstColumn; ox <= min((column + ${padding}) / ${stride}, other.y - 1); ox++) {
      let output = image + u32(oy * other.y + ox);
      let g = dy[${quadAt("dy", "output")}];
${
  max
    ? `      let corner = vec2i(oy, ox) * ${stride} - ${padding};
      gradient += select(vec4f(), g, isFirstMaximum(pixel, vec2i(row, column), corner, quad));`
    : `      gradient += g * ${1 / kernel ** 2};`
}
    }
  }
  ${at} = ${accumulate ? `${at} + ` : ""}gradient;`,
  });
}

function isFirstMaximum(kernel: number): string {
  return `
fn isFirstMaximum(pixel: u32, position: vec2i, corner: vec2i, quad: u32) -> vec4<bool> {
  let value = x[${quadAt("x")}];
  let size = vec2i(i32(shape.height), i32(shape.width));
  let image = pixel / shape.area * shape.area;
  var first = vec4<bool>(true);
  for (var iy = max(corner.x, 0); iy < min(corner.x + ${kernel}, size.x); iy++) {
    for (var ix = max(corner.y, 0); ix < min(corner.y + ${kernel}, size.y); ix++) {
      let other = x[${quadAt("x", "(image + u32(iy * size.y + ix))")}];
      let earlier = iy < position.x || (iy == position.x && ix < position.y);
      first = first & select(other <= value, other < value, earlier);
    }
  }
  return first;
}
`;
}
