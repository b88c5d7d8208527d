import { type ImageSet, imageBytes } from "../data/imageSet.ts";
import type { Augmentation, TrainBatch } from "../engine/network.ts";
import { Stream } from "../random/stream.ts";
import type { PoolImages } from "./poolImages.ts";
import type { BatchIndices } from "./sampler.ts";

/** Numbers of the pool's images in a batch. */
export function syntheticMembers({ members }: BatchIndices): Int32Array {
  return members.filter((member) => member < 0).map((member) => -1 - member);
}

/** Gathers the images of a batch from the real set and the pool, where those of the pool are prepared. */
export function gatherBatch(
  indices: BatchIndices,
  real: ImageSet,
  pool: PoolImages | null,
): Omit<TrainBatch, "augmentation"> {
  const size = imageBytes(real);
  const { members } = indices;
  const images = new Uint8Array(members.length * size);
  const labels = new Int32Array(members.length);
  for (let k = 0; k < members.length; k++) {
    const member = members[k] as number;
    if (member >= 0) {
      images.set(real.images.subarray(member * size, (member + 1) * size), k * size);
      labels[k] = real.labels[member] as number;
    } else {
      images.set((pool as PoolImages).image(-1 - member), k * size);
      labels[k] = (pool as PoolImages).label(-1 - member);
    }
  }
  return { count: members.length, images, labels };
}

/** Mirror with p = ½ and a crop offset of 0 … 8 in both directions per image, from the stream "augment" of the step. */
export function drawAugmentation(seed: number, step: number, count: number): Augmentation {
  const stream = new Stream(seed, "augment", step);
  const flip = new Uint8Array(count);
  const offsetY = new Uint8Array(count);
  const offsetX = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    flip[k] = stream.uint32() & 1;
    offsetY[k] = stream.int(9);
    offsetX[k] = stream.int(9);
  }
  return { flip, offsetY, offsetX };
}
