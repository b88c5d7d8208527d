import { type GpuKernel, viewBytes } from "../kernel.ts";
import { assemble, floats, grid, mapBinding, stepBinding } from "../wgsl.ts";
import {
  type ConvolutionShape,
  checkConvolution,
  convolutionFlops,
  convolutionName,
  four,
  pixelsFunction,
  weightBytes,
} from "./convolution.ts";
import { gemm } from "./gemm.ts";
import { type Tile, tileCount } from "./tile.ts";

/**
 * dx = the gradient of w ∗ x by x, or dx += with `accumulate`. Pixels that no tap reaches become 0.
 *
 * With stride s the input pixels fall into s² phases by (row mod s, column mod s). The pixels of a phase are reached by
 * the same taps, every s-th in each direction, so that each phase is an implicit matrix product of its own: rows are
 * the phase's pixels of all images, columns the input channels, terms its taps times the output channels. One dispatch
 * computes all phases, and no zeros are inserted anywhere. The weights are read as they are stored; they are transposed
 * on their way into workgroup memory.
 *
 * Bindings: dy, weights, dx, step. `shape.x` is the view of dx and `shape.y` that of dy.
 */
export function convolveInputGradient(shape: ConvolutionShape, tile: Tile, accumulate: boolean): GpuKernel {
  checkConvolution(shape);
  const { x, y, window } = shape;
  const { kernel, stride, padding } = window;
  // Every phase is then as wide as the others.
  const { int, indices, limit, columns } = four(x.width % stride === 0 ? x.width / stride : 1);
  // Pixel of a phase = first tap − padding, modulo the stride.
  const shift = (stride - (padding % stride)) % stride;
  const columnTiles = Math.ceil(x.channels / tile.columns);
  // Without phases the number is known while compiling, and dividing by it is cheap.
  const tapsX = stride === 1 ? `${kernel}u` : "task.tapsX";
  const width = stride === 1 ? `${x.width}u` : "task.width";
  const area = stride === 1 ? `${x.height * x.width}u` : "(task.height * task.width)";
  return assemble({
    label: `input gradient ${convolutionName(shape)}${accumulate ? " +=" : ""}`,
    bindings: [
      mapBinding("dy", y),
      floats("weights", weightBytes(shape) / 4),
      mapBinding("dx", x, "read_write"),
      stepBinding,
    ],
    workgroups: (n) => {
      let count = 0;
      for (let phase = 0; phase < stride ** 2; phase++) {
        const height = Math.ceil((x.height - Math.floor(phase / stride)) / stride);
        const width = Math.ceil((x.width - (phase % stride)) / stride);
        count += tileCount({ rows: n * Math.max(0, height * width), columns: x.channels }, tile);
      }
      return grid(count);
    },
    flops: (n) => convolutionFlops(shape, n),
    bytes: (n) => viewBytes(y, n) + weightBytes(shape) + viewBytes(x, n) * (accumulate ? 2 : 1),
    ...gemm(
      tile,
      { a: "terms", b: "terms" },
      `
struct Task {
  row: u32, rowEnd: u32, column: u32, depth: u32, depthEnd: u32,
  // The phase: its first pixel, its size, the first tap and the number of taps that reach it.
  pixelY: u32, pixelX: u32, height: u32, width: u32, tapY: u32, tapX: u32, tapsX: u32,
}

// Phases in the order of their first taps: those with the most taps come first, so that the short ones end the dispatch.
fn taskOf(group: u32) -> Task {
  var task = Task();
  var before = 0u;
  for (var phase = 0u; phase < ${stride ** 2}u; phase++) {
    task.tapY = phase / ${stride}u;
    task.tapX = phase % ${stride}u;
    task.pixelY = (task.tapY + ${shift}u) % ${stride}u;
    task.pixelX = (task.tapX + ${shift}u) % ${stride}u;
    task.height = (${x.height + stride - 1}u - task.pixelY) / ${stride}u;
    task.width = (${x.width + stride - 1}u - task.pixelX) / ${stride}u;
    let rows = step.n * task.height * task.width;
    let tiles = (rows + ${tile.rows - 1}u) / ${tile.rows}u * ${columnTiles}u;
    if (group < before + tiles) {
      task.row = (group - before) / ${columnTiles}u * ${tile.rows}u;
      task.rowEnd = rows;
      task.column = (group - before) % ${columnTiles}u * ${tile.columns}u;
      break;
    }
    before += tiles;
  }
  task.tapsX = (${kernel + stride - 1}u - task.tapX) / ${stride}u;
  task.depthEnd = (${kernel + stride - 1}u - task.tapY) / ${stride}u * task.tapsX * ${y.channels}u;${
    accumulate
      ? `
  // Nothing reaches this phase, so nothing is added to it.
  if (task.depthEnd == 0u) { task.rowEnd = 0u; }`
      : ""
  }
  return task;
}
${pixelsFunction("dy", y)}
// Four input pixels: the output pixels that reach them by the first tap, and the pixels before their images.
struct PlaceA { row: ${int}, column: ${int}, image: ${int} }

fn placeA(task: Task, row: u32) -> PlaceA {
  let rows = ${indices("row")};
  let pixel = rows % ${area};
  let y = ${int}(pixel / ${width} + (task.pixelY + ${padding}u) / ${stride}u);
  let x = ${int}(pixel % ${width} + (task.pixelX + ${padding}u) / ${stride}u);
  let image = ${int}(rows / ${area} * ${y.height * y.width}u);
  return PlaceA(select(${int}(NOWHERE), y, rows < ${limit("task.rowEnd")}), x, image);
}

fn fetchA(task: Task, place: PlaceA, depth: u32) -> mat4x4f {
  if (depth >= task.depthEnd) { return mat4x4f(); }
  let tap = depth / ${y.channels}u;
  let row = vec4i(place.row - i32(tap / ${tapsX}));
  let column = place.column - i32(tap % ${tapsX});
  return pixels(vec4i(place.image), row, ${columns("column", 1)}, depth % ${y.channels}u / 4u);
}

struct PlaceB { channel: u32 }

fn placeB(task: Task, column: u32) -> PlaceB { return PlaceB(column); }

fn fetchB(task: Task, place: PlaceB, depth: u32) -> mat4x4f {
  if (depth >= task.depthEnd || place.channel >= ${x.channels}u) { return mat4x4f(); }
  let tap = depth / ${y.channels}u;
  let tapY = task.tapY + ${stride}u * (tap / ${tapsX});
  let tapX = task.tapX + ${stride}u * (tap % ${tapsX});
  let channel = (tapY * ${kernel}u + tapX) * ${x.channels}u + place.channel;
  let at = channel * ${y.channels / 4}u + depth % ${y.channels}u / 4u;
  return mat4x4f(weights[at], weights[at + ${y.channels / 4}u], weights[at + ${y.channels / 2}u], weights[at + ${(y.channels / 4) * 3}u]);
}

fn outputRow(task: Task, row: u32) -> u32 {
  let pixel = row % ${area};
  let y = pixel / ${width} * ${stride}u + task.pixelY;
  let x = pixel % ${width} * ${stride}u + task.pixelX;
  return (row / ${area} * ${x.height}u + y) * ${x.width}u + x;
}

fn store(pixel: u32, quad: u32, value: vec4f) {
  let at = pixel * ${x.pixelStride / 4}u + ${x.channelOffset / 4}u + quad;
  dx[at] = ${accumulate ? "dx[at] + value" : "value"};
}

const COLUMN_QUADS = ${x.channels / 4}u;
`,
    ),
  });
}
