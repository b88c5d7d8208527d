import type { Augmentation } from "../../../network.ts";
import { MOVE_BYTES } from "../../kernels/step/augment.ts";

/** Offset of a crop that moves nothing. */
const CENTRED = 4;

/**
 * How the images of a batch are moved, as the kernel `augment` reads it.
 *
 * @throws RangeError on an offset outside 0 … 8
 */
export function moveTable(count: number, augmentation: Augmentation | null): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(count * MOVE_BYTES);
  for (let n = 0; n < count; n++) {
    table[n * MOVE_BYTES] = augmentation?.flip[n] === 1 ? 1 : 0;
    table[n * MOVE_BYTES + 1] = offset(augmentation?.offsetY, n);
    table[n * MOVE_BYTES + 2] = offset(augmentation?.offsetX, n);
  }
  return table;
}

function offset(offsets: Uint8Array | undefined, n: number): number {
  if (!offsets) return CENTRED;
  const value = offsets[n];
  if (value === undefined || value > 2 * CENTRED) {
    throw new RangeError(`The crop offset of image ${n} must be 0 … ${2 * CENTRED}, not ${value}.`);
  }
  return value;
}
