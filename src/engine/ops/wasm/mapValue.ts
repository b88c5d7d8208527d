import { type MapBuffer, type Strides, strides } from "../../wasm/lowering/buffers.ts";
import type { Shape, Value } from "../imageOps.ts";

/**
 * A tensor on the device: [n][⌈c/8⌉][h + 2b][w + 2b][8] float32 with a border of b pixels of zeros; lanes without a
 * channel are 0 too. Whoever writes a map writes its border and those lanes. [n, c, 1, 1] without a border is n vectors.
 */
export class MapValue implements Value {
  constructor(
    readonly shape: Shape,
    readonly border: number,
    readonly address: number,
  ) {}

  /** Blocks of 8 channels. */
  get blocks(): number {
    return Math.ceil(this.shape[1] / 8);
  }

  /** (image, block). */
  get planes(): number {
    return this.shape[0] * this.blocks;
  }

  get planeBytes(): number {
    return (this.shape[2] + 2 * this.border) * (this.shape[3] + 2 * this.border) * 32;
  }

  get bytes(): number {
    return this.planes * this.planeBytes;
  }

  /** Steps in bytes between neighbours, and where pixel (0, 0) of image 0 lies. */
  get strides(): Strides {
    return strides(this.buffer);
  }

  get buffer(): MapBuffer {
    const [, , height, width] = this.shape;
    const channels = this.blocks * 8;
    return { kind: "map", address: this.address, rootChannels: channels, channels, height, width, border: this.border };
  }
}
