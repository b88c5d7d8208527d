/**
 * Typed handles of what lies in the arena. Addresses are bytes; every element is a float32. Channels go in
 * blocks of 8, because a vector kernel holds 8 channels of a pixel in two registers.
 */

/** Activations with a border of one zero pixel: [n][C/8][H+2][W+2][8]. A 3×3 convolution reads them as they are. */
export interface Padded {
  readonly kind: "padded";
  readonly address: number;
  readonly channels: number;
  /** Height = width, without the border. */
  readonly size: number;
}

/** Activations without a border: [n][C/8][H][W][8]. What only element-wise kernels read. */
export interface Dense {
  readonly kind: "dense";
  readonly address: number;
  readonly channels: number;
  readonly size: number;
}

/** Network input: [n][H+2][W+2][4], RGB and a zero, with a border of zeros. */
export interface InputImages {
  readonly kind: "input";
  readonly address: number;
  readonly channels: 4;
  readonly size: number;
}

/**
 * Convolution weights: [Cout/8][K][8], K running over the receptive field in the order in which the kernel reads
 * its input: (input block, tap, channel in block).
 */
export interface Panels {
  readonly kind: "panels";
  readonly address: number;
  readonly cout: number;
  /** Input channels in memory (4 for the stem). */
  readonly cin: number;
  readonly kernel: 1 | 3;
}

/** One float32 per channel. */
export interface Vector {
  readonly kind: "vector";
  readonly address: number;
  readonly length: number;
}

export type Images = Padded | Dense | InputImages;

/** Steps in bytes between neighbours, and where pixel (0, 0) of image 0 lies. */
export interface Strides {
  readonly origin: number;
  readonly image: number;
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
}

export function strides(images: Images): Strides {
  const pixel = images.kind === "input" ? 16 : 32;
  const side = images.kind === "dense" ? images.size : images.size + 2;
  const row = side * pixel;
  const block = side * row;
  const origin = images.address + (images.kind === "dense" ? 0 : row + pixel);
  return { origin, image: blocks(images) * block, block, row, pixel };
}

/** Channel blocks of an activation (the input is one block of 4). */
export function blocks(images: Images): number {
  return images.kind === "input" ? 1 : images.channels / 8;
}

/** Bytes of one weight panel: 8 output channels. */
export function panelBytes(weights: Panels): number {
  return weights.kernel * weights.kernel * weights.cin * 32;
}

/** Hands out addresses of one arena, in order, aligned to cache lines. */
export class Arena {
  private next: number;

  constructor(
    start: number,
    private readonly maxBatch: number,
  ) {
    this.next = start;
  }

  get end(): number {
    return this.next;
  }

  bytes(count: number): number {
    const address = this.next;
    this.next = Math.ceil((address + count) / 128) * 128;
    return address;
  }

  padded(channels: number, size: number): Padded {
    return { kind: "padded", address: this.bytes(this.maxBatch * channels * (size + 2) ** 2 * 4), channels, size };
  }

  dense(channels: number, size: number): Dense {
    return { kind: "dense", address: this.bytes(this.maxBatch * channels * size ** 2 * 4), channels, size };
  }

  input(size: number): InputImages {
    return { kind: "input", address: this.bytes(this.maxBatch * (size + 2) ** 2 * 16), channels: 4, size };
  }

  panels(cout: number, cin: number, kernel: 1 | 3): Panels {
    return { kind: "panels", address: this.bytes(cout * cin * kernel * kernel * 4), cout, cin, kernel };
  }

  vector(length: number): Vector {
    return { kind: "vector", address: this.bytes(length * 4), length };
  }
}
