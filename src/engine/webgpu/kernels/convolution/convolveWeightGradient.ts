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
  weightGradientGemm,
} from "./convolution.ts";
import { gemm } from "./gemm.ts";
import { TILE_DEPTH, type Tile, tileCount } from "./tile.ts";

/**
 * The gradient of w ∗ x by w as an implicit matrix product: rows are the taps times the input channels, columns the
 * output channels, terms the output pixels of all images. There are few weights and many pixels, so the pixels are cut
 * into `splits` equal parts (see `chooseSplits`) that write partial sums [splits][kernel][kernel][cin][cout];
 * `sumSplits` adds them. With one split the result is the gradient.
 *
 * Bindings: x, dy, dWeights, step.
 */
export function convolveWeightGradient(shape: ConvolutionShape, tile: Tile, splits: number): GpuKernel {
  checkConvolution(shape);
  if (!(Number.isInteger(splits) && splits > 0)) throw new RangeError(`A sum is split into 1 or more, not ${splits}.`);
  const { x, y, window } = shape;
  const { kernel, stride, padding } = window;
  const { rows, columns } = weightGradientGemm(shape, 1);
  const columnTiles = Math.ceil(columns / tile.columns);
  const tiles = tileCount({ rows, columns }, tile);
  const { int, indices, columns: fourColumns } = four(y.width);
  return assemble({
    label: `weight gradient ${convolutionName(shape)}${splits > 1 ? ` in ${splits}` : ""}`,
    bindings: [
      mapBinding("x", x),
      mapBinding("dy", y),
      floats("dWeights", splits * rows * columns, "read_write"),
      stepBinding,
    ],
    workgroups: () => grid(tiles * splits),
    flops: (n) => convolutionFlops(shape, n),
    bytes: (n) => viewBytes(x, n) + viewBytes(y, n) + splits * weightBytes(shape),
    ...gemm(
      tile,
      { a: "free", b: "free" },
      `
struct Task { row: u32, rowEnd: u32, column: u32, depth: u32, depthEnd: u32, split: u32 }

// Groups of one split follow each other: they read the same pixels.
fn taskOf(group: u32) -> Task {
  let split = group / ${tiles}u;
  let tile = group % ${tiles}u;
  let pixels = step.n * ${y.height * y.width}u;
  let slices = (pixels + ${TILE_DEPTH - 1}u) / ${TILE_DEPTH}u;
  let length = (slices + ${splits - 1}u) / ${splits}u * ${TILE_DEPTH}u;
  let row = tile / ${columnTiles}u * ${tile.rows}u;
  let column = tile % ${columnTiles}u * ${tile.columns}u;
  let depth = split * length;
  return Task(row, select(0u, ${rows}u, split < ${splits}u), column, depth, min(depth + length, pixels), split);
}
${pixelsFunction("x", x)}
// Four channels at one tap: the offset of the tap, and the channels.
struct PlaceA { tapY: i32, tapX: i32, quad: u32 }

fn placeA(task: Task, row: u32) -> PlaceA {
  let tap = i32(row / ${x.channels}u);
  let tapY = select(NOWHERE, tap / ${kernel}, row < task.rowEnd);
  return PlaceA(tapY - ${padding}, tap % ${kernel} - ${padding}, row % ${x.channels}u / 4u);
}

fn fetchA(task: Task, place: PlaceA, depth: u32) -> mat4x4f {
  let index = ${indices("depth")};
  let pixel = index % ${y.height * y.width}u;
  let image = vec4i(${int}(index / ${y.height * y.width}u * ${x.height * x.width}u));
  let row = vec4i(${int}(pixel / ${y.width}u * ${stride}u) + place.tapY);
  let column = ${int}(pixel % ${y.width}u * ${stride}u) + place.tapX;
  let exists = depth + vec4u(0u, 1u, 2u, 3u) < vec4u(task.depthEnd);
  return pixels(image, select(vec4i(NOWHERE), row, exists), ${fourColumns("column", stride)}, place.quad);
}

struct PlaceB { quad: u32 }

fn placeB(task: Task, column: u32) -> PlaceB { return PlaceB(column / 4u); }

fn fetchB(task: Task, place: PlaceB, depth: u32) -> mat4x4f {
  var values = mat4x4f();
  if (place.quad < COLUMN_QUADS) {
    let at = depth * ${y.pixelStride / 4}u + ${y.channelOffset / 4}u + place.quad;
${[0, 1, 2, 3].map((i) => `    if (depth + ${i}u < task.depthEnd) { values[${i}] = dy[at + ${(i * y.pixelStride) / 4}u]; }`).join("\n")}
  }
  return values;
}

fn outputRow(task: Task, row: u32) -> u32 { return task.split * ${rows}u + row; }

fn store(at: u32, quad: u32, value: vec4f) { dWeights[at * COLUMN_QUADS + quad] = value; }

const COLUMN_QUADS = ${columns / 4}u;
`,
    ),
  });
}

/**
 * Adds partial sums in the order of the splits.
 *
 * Bindings: partials [splits][count], sums [count].
 *
 * @param count floats of one sum, a multiple of 4
 */
export function sumSplits(count: number, splits: number): GpuKernel {
  if (count % 4) throw new RangeError(`sumSplits adds floats by fours, not ${count}.`);
  const threads = 64;
  return assemble({
    label: `sum ${splits} × ${count}`,
    bindings: [floats("partials", splits * count), floats("sums", count, "read_write")],
    workgroups: () => grid(Math.ceil(count / 4 / threads)),
    flops: () => splits * count,
    bytes: () => (splits + 1) * count * 4,
    threads,
    shape: { quads: count / 4, splits },
    main: `
  let at = group * ${threads}u + thread;
  if (at >= shape.quads) { return; }
  var sum = partials[at];
  for (var split = 1u; split < shape.splits; split++) { sum += partials[at + split * shape.quads]; }
  sums[at] = sum;`,
  });
}
