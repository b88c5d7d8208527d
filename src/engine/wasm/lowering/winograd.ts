import { blocks, type MapBuffer, strides } from "./buffers.ts";
import type { Addition } from "./convolution.ts";
import { type Argument, CHUNKS, type Counted, type KernelCall } from "./program.ts";

/** A 3×3 convolution in the Winograd domain, as far as sizes go; for dX, cin and cout change places. */
export interface WinogradShape {
  readonly cin: number;
  readonly cout: number;
  readonly height: number;
  readonly width: number;
  readonly maxBatch: number;
}

const PLANES = 36;
/** Floats in the 4 × 4 and 6 × 6 tiles and lines that kernels keep between two passes, in bytes. */
const TEMPORARY = 2048;
/** What winogradWeights needs. */
const WEIGHTS_SCRATCH = 3072;
/** What a group of tiles may take of the cache. */
const CACHE = 256 * 1024;

export function tilesPerImage({ height, width }: Pick<WinogradShape, "height" | "width">): number {
  return Math.ceil(height / 4) * Math.ceil(width / 4);
}

/** Bytes of the transformed weights. */
export function transformedBytes(cin: number, cout: number): number {
  return PLANES * (cin * cout * 4 + 128);
}

/**
 * Weights → transformed. Split work over cout / 8 items. With `mirrored`, `weights` are those of the forward pass,
 * in which cin and cout have changed places.
 */
export function transformWeights(
  weights: number,
  transformed: number,
  { cin, cout }: WinogradShape,
  mirrored: boolean,
  scratch: Counted,
): KernelCall {
  return {
    kernel: "winogradWeights",
    args: [weights, transformed, "lo", "hi", cin / 8, cout / 8, mirrored ? 1 : 0, scratch],
  };
}

/**
 * Tiles per group: those that fit the cache, at least 16; more where the transformed weights are too many for it and
 * come from memory for every group.
 */
function group({ cin, cout, maxBatch, ...sides }: WinogradShape): number {
  const fits = Math.floor(CACHE / (PLANES * (cin + cout) * 4 * 4)) * 4;
  const least = PLANES * cin * cout * 4 > 16 * 2 ** 20 ? 64 : 16;
  return Math.max(least, Math.min(fits, Math.ceil((maxBatch * tilesPerImage(sides)) / 4) * 4));
}

/** Whether a chunk of images has too few tiles for a group. */
export function wantsAllImages(shape: WinogradShape): boolean {
  return Math.ceil(shape.maxBatch / CHUNKS) * tilesPerImage(shape) < group(shape);
}

export function convolveScratch(shape: WinogradShape): number {
  const { cin, cout } = shape;
  return Math.max(WEIGHTS_SCRATCH, TEMPORARY + PLANES * (group(shape) * (cin + cout) * 4 + 128));
}

/**
 * y = w ∗ x + addition by images. Only an addition without a residual or with one laid out as y.
 *
 * @param addend address of pixel (0, 0) of what is added, laid out as y; 0 = nothing
 */
export function winogradConvolve(
  shape: WinogradShape,
  x: MapBuffer,
  transformed: number,
  y: MapBuffer,
  addend: number,
  addition: Pick<Addition, "bias" | "relu"> | null,
  scratch: Counted,
): KernelCall {
  const to = strides(y);
  return {
    kernel: "winogradConvolve",
    args: [
      ...([corner(x), transformed, to.origin, "lo", "hi", group(shape), y.height, y.width] as const),
      ...input(x),
      ...([to.image, to.block, to.row, to.pixel, blocks(y)] as const),
      ...([addend, addition?.bias ?? 0, addition?.relu ? 1 : 0, scratch] as const),
    ],
  };
}

/** Address of the border pixel (−1, −1). */
function corner(x: MapBuffer): number {
  const { origin, row, pixel } = strides(x);
  return origin - row - pixel;
}

function input(x: MapBuffer): Argument[] {
  const { image, block, row, pixel } = strides(x);
  return [image, block, row, pixel, blocks(x)];
}
