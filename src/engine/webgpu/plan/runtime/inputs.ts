import type { Trunk } from "../../../../networks/trunk.ts";
import type { RawImages } from "../../../augment.ts";
import type { SgdHyper } from "../../../network.ts";
import { STEP_BYTES } from "../../kernels/kernel.ts";
import type { NetworkSlots } from "../lowering/networkSlots.ts";
import type { Dispatches } from "./dispatches.ts";
import type { Memory } from "./memory.ts";
import { moveTable } from "./moves.ts";

/** Physical channels of the images. */
const LANES = 4;

const noUpdate: SgdHyper = { lr: 0, momentum: 0, weightDecay: 0 };

/** What a call sends to the GPU: images, how they are moved, and the numbers of the step. */
export class Inputs {
  private readonly height: number;
  private readonly width: number;
  /** Whether the images written last are raw: then the GPU moves and normalises them. */
  private raw = true;

  constructor(
    private readonly device: GPUDevice,
    { maps, input }: Trunk,
    private readonly slots: NetworkSlots,
    private readonly memory: Memory,
  ) {
    const { height, width } = maps[input] as { height: number; width: number };
    this.height = height;
    this.width = width;
  }

  /** Sends raw images, one byte per value, and how they are moved. @throws RangeError on an offset outside 0 … 8 */
  writeImages({ count, images, augmentation }: RawImages): void {
    const bytes = count * this.height * this.width * 3;
    this.write(this.memory.of(this.slots.images), wholeWords(images, bytes));
    this.write(this.memory.of(this.slots.moves), moveTable(count, augmentation));
    this.raw = true;
  }

  /** Sends images that are normalised already, float32 [n][height][width][3]. */
  writeNormalised(images: Float32Array): void {
    const pixels = images.length / 3;
    const padded = new Float32Array(pixels * LANES);
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        padded[pixel * LANES + channel] = images[pixel * 3 + channel] as number;
      }
    }
    this.write(this.memory.of(this.slots.input), padded);
    this.raw = false;
  }

  writeStep(n: number, { lr, momentum, weightDecay }: SgdHyper = noUpdate): void {
    const view = new DataView(new ArrayBuffer(STEP_BYTES));
    view.setUint32(0, n, true);
    view.setFloat32(4, lr, true);
    view.setFloat32(8, momentum, true);
    view.setFloat32(12, weightDecay, true);
    this.write(this.memory.of(this.slots.step), new Uint8Array(view.buffer));
  }

  /** Records what makes the input of the images written last. */
  record(encoder: GPUCommandEncoder, n: number, augment: Dispatches): void {
    if (this.raw) augment.record(encoder, n);
  }

  private write(
    buffer: GPUBuffer,
    data: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  ) {
    this.device.queue.writeBuffer(buffer, 0, data);
  }
}

/** The first bytes of `data`, rounded up to whole words, which WebGPU copies only. */
function wholeWords(data: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes % 4 === 0 && data.buffer instanceof ArrayBuffer) {
    return new Uint8Array(data.buffer, data.byteOffset, bytes);
  }
  const padded = new Uint8Array(Math.ceil(bytes / 4) * 4);
  padded.set(data.subarray(0, bytes));
  return padded;
}
