import { type Activations, blocks, type MapBuffer, type Panels, panelsBytes, strides } from "./buffers.ts";
import { type Argument, CHUNKS, type Counted, type KernelCall } from "./program.ts";
import { tilesPerImage, type WinogradShape } from "./winograd.ts";

/**
 * The weight gradient in the Winograd domain, shared out in one of two ways. `partials`: each chunk of images makes a
 * gradient of its own, and they are added; for few channels and many tiles. `tiles`: the chunks' tiles are transformed
 * into one memory, and then each thread sums some weights over all of them; for many channels and few tiles.
 */
export type Sharing = "partials" | "tiles";

const PLANES = 36;
/** What the kernels keep between passes: lines, patches, and 36 sums of 4 × 8. */
const WORK = 6656;
const CACHE = 256 * 1024;
/** Images that a pass never exceeds, and the batch by which the sharing is chosen: a sum's order must not depend on
 * how many images a network was compiled for. */
const PASS_IMAGES = 8;
const TYPICAL_BATCH = 128;
/** Tiles whose sums are formed at once. */
const PASS_TILES = 256;

function tilesBytes(tiles: number, { cin, cout }: WinogradShape): number {
  return PLANES * (tiles * (cin + cout) * 4 + 128);
}

/** Whichever needs less memory. */
export function sharing(shape: WinogradShape, gradient: Panels): Sharing {
  const partials = CHUNKS * panelsBytes(gradient);
  return partials <= tilesBytes(TYPICAL_BATCH * tilesPerImage(shape), shape) ? "partials" : "tiles";
}

/** Memory between the two steps. */
export function sharedBytes(shape: WinogradShape, gradient: Panels): number {
  if (sharing(shape, gradient) === "partials") return CHUNKS * panelsBytes(gradient);
  return tilesBytes(shape.maxBatch * tilesPerImage(shape), shape);
}

export function gradientScratch(shape: WinogradShape, gradient: Panels): number {
  if (sharing(shape, gradient) === "tiles") return WORK;
  return WORK + tilesBytes(imagesPerPass(shape) * tilesPerImage(shape), shape);
}

/** Images of a chunk that are transformed at once: those that fit the cache, but enough tiles for a sum. */
function imagesPerPass(shape: WinogradShape): number {
  const tiles = tilesPerImage(shape);
  const fits = CACHE / (PLANES * (shape.cin + shape.cout) * 4 * tiles);
  return Math.max(1, Math.min(PASS_IMAGES, Math.round(Math.max(fits, 64 / tiles))));
}

/** First step, by chunks of images. @param shared address of the memory between the steps */
export function gradientOfChunks(
  shape: WinogradShape,
  x: Activations,
  dy: MapBuffer,
  gradient: Panels,
  shared: number,
  scratch: Counted,
): KernelCall {
  const from = strides(x);
  const grad = strides(dy);
  const maps: Argument[] = [
    ...[dy.height, dy.width, from.image, from.block, from.row, from.pixel, blocks(x)],
    ...[grad.image, grad.block, grad.row, grad.pixel, blocks(dy)],
  ];
  const corner = from.origin - from.row - from.pixel;
  if (sharing(shape, gradient) === "tiles") {
    const capacity = shape.maxBatch * tilesPerImage(shape);
    return {
      kernel: "winogradGradientTiles",
      args: [corner, grad.origin, shared, "lo", "hi", capacity, ...maps, scratch],
    };
  }
  const partial: Counted = { base: shared, step: panelsBytes(gradient), per: "chunk" };
  return {
    kernel: "winogradFilterGradient",
    args: [corner, grad.origin, partial, "lo", "hi", imagesPerPass(shape), ...maps, scratch],
  };
}

/** Into how many items {@link gradientOfWeights} can be split. */
export function gradientItems(shape: WinogradShape, gradient: Panels): number {
  if (sharing(shape, gradient) === "partials") return panelsBytes(gradient) / 32;
  return (shape.cin / 4) * (shape.cout / 8);
}

/** Second step, when every chunk has done the first. Split work. */
export function gradientOfWeights(
  shape: WinogradShape,
  gradient: Panels,
  shared: number,
  scratch: Counted,
): KernelCall {
  if (sharing(shape, gradient) === "partials") {
    return {
      kernel: "sumPartials",
      args: [shared, gradient.address, "lo", "hi", CHUNKS, panelsBytes(gradient)],
    };
  }
  const tiles = tilesPerImage(shape);
  const count: Counted = { base: 0, step: tiles, per: "n" };
  return {
    kernel: "winogradGradientProducts",
    args: [
      ...([shared, gradient.address, "lo", "hi", count, shape.maxBatch * tiles] as const),
      ...([PASS_TILES, shape.cin / 8, shape.cout / 8, scratch] as const),
    ],
  };
}
