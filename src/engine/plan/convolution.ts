import { blocks, type Dense, type Images, type Padded, panelBytes, strides } from "./buffers.ts";
import { type LayerBuffers, storedCin } from "./layers.ts";
import type { KernelCall, ProgramBuilder } from "./program.ts";
import type { Tables } from "./tables.ts";

/** Bytes of activations and gradients that one block of images may bring into the cache in filterGradient. */
const CACHE = 512 * 1024;

/** y = w ∗ x. */
export function convolution({ layer, weights, y }: LayerBuffers, x: Images, tables: Tables): KernelCall {
  const from = strides(x);
  const to = strides(y);
  // Padding is kernel 3 → 1, kernel 1 → 0: the corner of pixel (0, 0) lies in the border or on the pixel.
  const corner = layer.kernel === 3 ? from.origin - from.row - from.pixel : from.origin;
  const segments: number[] = [];
  for (let block = 0; block < blocks(x); block++) {
    for (let row = 0; row < layer.kernel; row++) segments.push(block * from.block + row * from.row);
  }
  return {
    kernel: "convolve",
    args: [
      ...([corner, weights.address, to.origin, "lo", "hi", imagesPerPass(y.size), y.size, y.size] as const),
      ...([from.image, layer.stride * from.row, layer.stride * from.pixel] as const),
      ...([segments.length, tables.address(segments), layer.kernel * (from.pixel / 4)] as const),
      ...([layer.cout / 8, to.image, to.row, to.pixel, to.block, 0, 0, 0] as const),
    ],
  };
}

/** dw = Σ x · dy: adds one split section. */
export function weightGradient(
  builder: ProgramBuilder,
  { layer, gradients }: LayerBuffers,
  x: Images,
  dy: Padded,
  tables: Tables,
): void {
  const from = strides(x);
  const grad = strides(dy);
  const corner = layer.kernel === 3 ? from.origin - from.row - from.pixel : from.origin;
  const rows: number[] = [];
  for (let block = 0; block < blocks(x); block++) {
    for (let tap = 0; tap < layer.kernel ** 2; tap++) {
      const pixel = Math.floor(tap / layer.kernel) * from.row + (tap % layer.kernel) * from.pixel;
      for (let part = 0; part < from.pixel; part += 16) rows.push(block * from.block + pixel + part);
    }
  }
  const panels = layer.cout / 8;
  const imagesPerBlock = Math.max(1, Math.floor(CACHE / (from.image + grad.image)));
  builder.split(rows.length * panels, {
    kernel: "filterGradient",
    args: [
      ...([corner, grad.origin, gradients.weights.address, "lo", "hi", "n", imagesPerBlock, dy.size, dy.size] as const),
      ...([from.image, layer.stride * from.row, layer.stride * from.pixel, tables.address(rows)] as const),
      ...([panels, panelBytes(gradients.weights), grad.image, grad.row, grad.block] as const),
    ],
  });
}

/**
 * The taps that reach the input pixels of one phase. Stride 2 has four phases (even/odd row × even/odd column),
 * each a small stride-1 convolution of dy, so no zero is ever multiplied.
 */
interface GradientPhase {
  readonly row: 0 | 1;
  readonly column: 0 | 1;
  /** Taps in reading order, `rows` × `columns` of them. */
  readonly taps: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

function gradientPhases(kernel: 1 | 3, stride: 1 | 2): readonly GradientPhase[] {
  if (kernel === 1) return [{ row: 0, column: 0, taps: [0], rows: 1, columns: 1 }];
  if (stride === 1) return [{ row: 0, column: 0, taps: [8, 7, 6, 5, 4, 3, 2, 1, 0], rows: 3, columns: 3 }];
  return [
    { row: 0, column: 0, taps: [4], rows: 1, columns: 1 },
    { row: 0, column: 1, taps: [5, 3], rows: 1, columns: 2 },
    { row: 1, column: 0, taps: [7, 1], rows: 2, columns: 1 },
    { row: 1, column: 1, taps: [8, 6, 2, 0], rows: 2, columns: 2 },
  ];
}

/** Adds the split sections that prepare the weights for inputGradient. */
export function transposeWeights(builder: ProgramBuilder, buffers: LayerBuffers, tables: Tables): void {
  const { layer, weights, transposed } = buffers;
  let target = transposed;
  for (const { taps } of gradientPhases(layer.kernel, layer.stride)) {
    builder.split(layer.cin / 8, {
      kernel: "transposePanels",
      args: [
        ...([weights.address, target, "lo", "hi", layer.cin / 8, layer.cout / 8, 8] as const),
        ...([layer.kernel ** 2, tables.address(taps), taps.length] as const),
      ],
    });
    target += taps.length * storedCin(layer) * layer.cout * 4;
  }
}

/**
 * dx = wᵀ ∗ dy: a convolution of dy with swapped channels, one call per phase. With `accumulate` it is added to dx;
 * without, every pixel that a tap reaches is overwritten (all of them for kernel 3).
 */
export function inputGradient(
  { layer, transposed }: LayerBuffers,
  dy: Padded,
  dx: Dense,
  accumulate: boolean,
  tables: Tables,
): KernelCall[] {
  const from = strides(dy);
  const to = strides(dx);
  const centred = layer.kernel === 3 && layer.stride === 1;
  let weights = transposed;
  return gradientPhases(layer.kernel, layer.stride).map(({ row, column, taps, rows, columns }) => {
    const segments: number[] = [];
    for (let block = 0; block < blocks(dy); block++) {
      for (let line = 0; line < rows; line++) segments.push(block * from.block + line * from.row);
    }
    const call: KernelCall = {
      kernel: "convolve",
      args: [
        ...([centred ? from.origin - from.row - from.pixel : from.origin, weights] as const),
        ...([to.origin + row * to.row + column * to.pixel, "lo", "hi", imagesPerPass(dy.size), dy.size, dy.size] as const),
        ...([from.image, from.row, from.pixel, segments.length, tables.address(segments), columns * 8] as const),
        ...([layer.cin / 8, to.image, layer.stride * to.row, layer.stride * to.pixel, to.block] as const),
        ...([accumulate ? to.origin + row * to.row + column * to.pixel : 0, 0, 0] as const),
      ],
    };
    weights += taps.length * storedCin(layer) * layer.cout * 4;
    return call;
  });
}

/** Small maps take several images per weight panel, so that the panel is worth loading. */
function imagesPerPass(size: number): number {
  return size <= 4 ? 8 : size <= 8 ? 4 : 1;
}
