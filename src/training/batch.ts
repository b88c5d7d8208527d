import { type ImageSet, imageBytes } from "../data/imageSet.ts";
import type { Augmentation, TrainBatch } from "../engine/network.ts";
import { Stream } from "../random/stream.ts";
import type { BatchIndices } from "./sampler.ts";

/** Gathers the images of a batch from the real set and the pool. */
export function gatherBatch(
  indices: BatchIndices,
  real: ImageSet,
  pool: ImageSet | null,
): Omit<TrainBatch, "augmentation"> {
  const size = imageBytes(real);
  const { members } = indices;
  const images = new Uint8Array(members.length * size);
  const labels = new Int32Array(members.length);
  for (let k = 0; k < members.length; k++) {
    const member = members[k] as number;
    const source = member >= 0 ? real : (pool as ImageSet);
    const i = member >= 0 ? member : -1 - member;
    images.set(source.images.subarray(i * size, (i + 1) * size), k * size);
    labels[k] = source.labels[i] as number;
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
