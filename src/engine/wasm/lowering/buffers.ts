/**
 * Typed handles of what lies in the arena. Addresses are bytes; every element is a float32. Channels go in
 * blocks of 8, because a vector kernel holds 8 channels of a pixel in two registers.
 */

/**
 * A map of every image, or a view of some of its channels: [n][C/8][H + 2b][W + 2b][8]. The border is as wide as the
 * widest padding of what reads it, so that a convolution reads it as it is; 0 where only element-wise kernels do.
 */
export interface MapBuffer {
  readonly kind: "map";
  /** Of its first block in image 0, border included. */
  readonly address: number;
  /** Of the memory that it lies in: from one image to the next. */
  readonly rootChannels: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly border: number;
}

/** Network input, which only convolutions read: [n][H + 2b][W + 2b][4], RGB and a zero. */
export interface ImageBuffer {
  readonly kind: "images";
  readonly address: number;
  readonly height: number;
  readonly width: number;
  readonly border: number;
}

export type Activations = MapBuffer | ImageBuffer;

/**
 * Convolution weights: [Cout/8][K][8], K running over the receptive field in the order in which the kernel reads
 * its input: (input block, tap, channel in block).
 */
export interface Panels {
  readonly kind: "panels";
  readonly address: number;
  readonly cout: number;
  /** Input channels in memory: a multiple of 8, or 4 for images. */
  readonly cin: number;
  readonly kernel: number;
}

/** One float32 per channel. */
export interface Vector {
  readonly kind: "vector";
  readonly address: number;
  readonly length: number;
}

/** Steps in bytes between neighbours, and where pixel (0, 0) of image 0 lies. */
export interface Strides {
  readonly origin: number;
  readonly image: number;
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
}

export function strides(map: Activations): Strides {
  const { address, height, width, border } = map;
  const pixel = map.kind === "images" ? 16 : 32;
  const row = (width + 2 * border) * pixel;
  const block = (height + 2 * border) * row;
  const image = map.kind === "images" ? block : (map.rootChannels / 8) * block;
  return { origin: address + border * (row + pixel), image, block, row, pixel };
}

/** Channel blocks of a map (images are one block of 4). */
export function blocks(map: Activations): number {
  return map.kind === "images" ? 1 : map.channels / 8;
}

/** Weights per output channel. */
export function depth({ cin, kernel }: Pick<Panels, "cin" | "kernel">): number {
  return cin * kernel * kernel;
}

export function panelsBytes(panels: Pick<Panels, "cin" | "cout" | "kernel">): number {
  return panels.cout * depth(panels) * 4;
}

/** What a kernel reads to find its way in a map: see assembly/map.ts. */
export function descriptor(map: MapBuffer): number[] {
  const { origin, image, block, row } = strides(map);
  return [origin, image, block, row, blocks(map), map.height, map.width, map.border];
}
