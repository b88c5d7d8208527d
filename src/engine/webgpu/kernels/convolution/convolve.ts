import { checkView, type GpuKernel, type MapView, viewBytes } from "../kernel.ts";
import { assemble, floats, grid, mapBinding, rectifyFunction, stepBinding } from "../wgsl.ts";
import {
  type ConvolutionShape,
  checkConvolution,
  convolutionFlops,
  convolutionName,
  forwardGemm,
  four,
  pixelsFunction,
  weightBytes,
} from "./convolution.ts";
import { gemm } from "./gemm.ts";
import { type Tile, tileCount } from "./tile.ts";

/** What evaluation adds to a convolution: y = relu?(w ∗ x + bias + residual?). */
export interface ConvolutionEpilogue {
  readonly residual: MapView | null;
  readonly relu: boolean;
}

/**
 * y = w ∗ x as an implicit matrix product: rows are the output pixels of all images, columns the output channels, terms
 * the taps times the input channels.
 *
 * Bindings: x, weights, y, then bias [y.channels] and residual where the epilogue has them, step.
 */
export function convolve(shape: ConvolutionShape, tile: Tile, epilogue: ConvolutionEpilogue | null = null): GpuKernel {
  checkConvolution(shape);
  const { x, y, window } = shape;
  const residual = epilogue?.residual ?? null;
  if (residual) checkView("A convolution's residual", residual);
  const { int, indices, limit, columns } = four(y.width);
  const columnTiles = Math.ceil(y.channels / tile.columns);
  return assemble({
    label: `convolve ${convolutionName(shape)}${epilogue ? " +bias" : ""}${residual ? " +residual" : ""}`,
    bindings: [
      mapBinding("x", x),
      floats("weights", weightBytes(shape) / 4),
      mapBinding("y", y, "read_write"),
      ...(epilogue ? [floats("bias", y.channels)] : []),
      ...(residual ? [mapBinding("residual", residual)] : []),
      stepBinding,
    ],
    workgroups: (n) => grid(tileCount(forwardGemm(shape, n), tile)),
    flops: (n) => convolutionFlops(shape, n),
    bytes: (n) => viewBytes(x, n) + weightBytes(shape) + viewBytes(y, n) + (residual ? viewBytes(residual, n) : 0),
    ...gemm(
      tile,
      { a: "terms", b: "free" },
      `${epilogue?.relu ? rectifyFunction : ""}
struct Task { row: u32, rowEnd: u32, column: u32, depth: u32, depthEnd: u32 }

fn taskOf(group: u32) -> Task {
  let rowEnd = step.n * ${y.height * y.width}u;
  let row = group / ${columnTiles}u * ${tile.rows}u;
  let column = group % ${columnTiles}u * ${tile.columns}u;
  return Task(row, select(0u, rowEnd, row < rowEnd), column, 0u, ${window.kernel ** 2 * x.channels}u);
}

${pixelsFunction("x", x)}
// Four output pixels: the corners of their windows, and the pixels before their images.
struct PlaceA { top: ${int}, left: ${int}, image: ${int} }

fn placeA(task: Task, row: u32) -> PlaceA {
  let rows = ${indices("row")};
  let pixel = rows % ${y.height * y.width}u;
  let top = ${int}(pixel / ${y.width}u * ${window.stride}u) - ${window.padding};
  let left = ${int}(pixel % ${y.width}u * ${window.stride}u) - ${window.padding};
  let image = ${int}(rows / ${y.height * y.width}u * ${x.height * x.width}u);
  return PlaceA(select(${int}(NOWHERE), top, rows < ${limit("task.rowEnd")}), left, image);
}

fn fetchA(task: Task, place: PlaceA, depth: u32) -> mat4x4f {
  if (depth >= task.depthEnd) { return mat4x4f(); }
  let tap = i32(depth / ${x.channels}u);
  let row = vec4i(place.top + tap / ${window.kernel});
  let column = place.left + tap % ${window.kernel};
  return pixels(vec4i(place.image), row, ${columns("column", window.stride)}, depth % ${x.channels}u / 4u);
}

struct PlaceB { quad: u32 }

fn placeB(task: Task, column: u32) -> PlaceB { return PlaceB(column / 4u); }

fn fetchB(task: Task, place: PlaceB, depth: u32) -> mat4x4f {
  if (depth >= task.depthEnd || place.quad >= COLUMN_QUADS) { return mat4x4f(); }
  let at = depth * COLUMN_QUADS + place.quad;
  return mat4x4f(weights[at], weights[at + COLUMN_QUADS], weights[at + 2u * COLUMN_QUADS], weights[at + 3u * COLUMN_QUADS]);
}

fn outputRow(task: Task, row: u32) -> u32 { return row; }

fn store(at: u32, quad: u32, value: vec4f) {
  y[at * ${y.pixelStride / 4}u + ${y.channelOffset / 4}u + quad] = ${finish(epilogue)};
}

const COLUMN_QUADS = ${y.channels / 4}u;
`,
    ),
  });
}

function finish(epilogue: ConvolutionEpilogue | null): string {
  if (!epilogue) return "value";
  const { residual, relu } = epilogue;
  const added = residual
    ? ` + residual[at * ${residual.pixelStride / 4}u + ${residual.channelOffset / 4}u + quad]`
    : "";
  const sum = `value + bias[quad]${added}`;
  return relu ? `rectify(${sum})` : sum;
}
