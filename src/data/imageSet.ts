/** Images of one size with their labels: the form in which every room passes images. */
export interface ImageSet {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** uint8 RGB, [count][height][width][3]. */
  readonly images: Uint8Array;
  /** class index per image; −1 where there is none (OOD). */
  readonly labels: Int32Array;
}

/** Bytes of one image of the set. */
export function imageBytes(set: Pick<ImageSet, "height" | "width">): number {
  return set.height * set.width * 3;
}

/** The images at `indices`, copied, in that order. */
export function pick(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const size = imageBytes(set);
  const images = new Uint8Array(indices.length * size);
  const labels = new Int32Array(indices.length);
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k] as number;
    if (!(i >= 0 && i < set.count)) throw new RangeError(`Image ${i} is outside this set of ${set.count}.`);
    images.set(set.images.subarray(i * size, (i + 1) * size), k * size);
    labels[k] = set.labels[i] as number;
  }
  return { count: indices.length, height: set.height, width: set.width, images, labels };
}
