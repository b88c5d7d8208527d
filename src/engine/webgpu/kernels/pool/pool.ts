import type { Window } from "../../../../networks/trunk.ts";
import { ELEMENTWISE_THREADS, elementwise, elementwiseIndex, quadAt } from "../elementwise.ts";
import { checkView, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, mapBinding, stepBinding } from "../wgsl.ts";

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

/** WGSL: row and column of this thread's pixel, and the first pixel of its image in the other map. */
function position({ height, width }: MapView, other: MapView): string {
  return `
  let row = i32(pixel / ${width}u % ${height}u);
  let column = i32(pixel % ${width}u);
  let image = pixel / ${height * width}u * ${other.height * other.width}u;`;
}

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
    main: `${elementwiseIndex(y)}
${position(y, x)}
  let top = row * ${stride} - ${padding};
  let left = column * ${stride} - ${padding};
  var result = ${max ? LOWEST : "vec4f()"};
  for (var iy = max(top, 0); iy < min(top + ${kernel}, ${x.height}); iy++) {
    for (var ix = max(left, 0); ix < min(left + ${kernel}, ${x.width}); ix++) {
      let input = image + u32(iy * ${x.width} + ix);
      let value = x[${quadAt(x, "input")}];
      result = ${max ? "max(result, value)" : "result + value"};
    }
  }
  y[${quadAt(y)}] = result${max ? "" : ` * ${1 / kernel ** 2}`};`,
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
  const at = `dx[${quadAt(dx)}]`;
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
    declarations: max ? isFirstMaximum(x, kernel) : "",
    main: `${elementwiseIndex(dx)}
${position(dx, dy)}
  var gradient = vec4f();
  // Windows from ⌈(row + padding − kernel + 1) / stride⌉ on; the numerator below is not negative.
  let firstRow = max(row + ${padding - kernel + stride}, 0) / ${stride};
  let firstColumn = max(column + ${padding - kernel + stride}, 0) / ${stride};
  for (var oy = firstRow; oy <= min((row + ${padding}) / ${stride}, ${dy.height - 1}); oy++) {
    for (var ox = firstColumn; ox <= min((column + ${padding}) / ${stride}, ${dy.width - 1}); ox++) {
      let output = image + u32(oy * ${dy.width} + ox);
      let g = dy[${quadAt(dy, "output")}];
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

function isFirstMaximum(x: MapView, kernel: number): string {
  return `
fn isFirstMaximum(pixel: u32, position: vec2i, corner: vec2i, quad: u32) -> vec4<bool> {
  let value = x[${quadAt(x)}];
  let image = pixel / ${x.height * x.width}u * ${x.height * x.width}u;
  var first = vec4<bool>(true);
  for (var iy = max(corner.x, 0); iy < min(corner.x + ${kernel}, ${x.height}); iy++) {
    for (var ix = max(corner.y, 0); ix < min(corner.y + ${kernel}, ${x.width}); ix++) {
      let other = x[${quadAt(x, `(image + u32(iy * ${x.width} + ix))`)}];
      let earlier = iy < position.x || (iy == position.x && ix < position.y);
      first = first & select(other <= value, other < value, earlier);
    }
  }
  return first;
}
`;
}
