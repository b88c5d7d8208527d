import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { NearestImages } from "../../study/generatorRecord.ts";

/** Real images that are compared between two looks at messages. */
const SLICE = 2048;

/**
 * The nearest images of a set by pixels, for each of some others: whether a generator repeats its training images.
 * Squared differences are integers, so the order is exact; ties go to the lower index.
 */
export async function nearestImages(
  images: ImageSet,
  set: ImageSet,
  neighbours: number,
  breathe: () => Promise<void>,
): Promise<NearestImages> {
  if (images.height !== set.height || images.width !== set.width) {
    throw new WorkbenchError(
      "size",
      `Images of ${images.width}×${images.height} pixels cannot be compared with those of ${set.width}×${set.height}.`,
    );
  }
  const k = Math.min(neighbours, set.count);
  const size = imageBytes(set);
  const indices = new Int32Array(images.count * k);
  const squares = new Float64Array(images.count * k).fill(Number.POSITIVE_INFINITY);
  for (let first = 0; first < set.count; first += SLICE) {
    const end = Math.min(set.count, first + SLICE);
    for (let i = 0; i < images.count; i++) {
      const image = images.images.subarray(i * size, (i + 1) * size);
      for (let j = first; j < end; j++) {
        const limit = squares[i * k + k - 1] as number;
        const square = squaredDistance(image, set.images, j * size, limit);
        if (square < limit) insert(indices, squares, i * k, k, j, square);
      }
    }
    await breathe();
  }
  return { neighbours: k, indices, distances: Float32Array.from(squares, (square) => Math.sqrt(square / size)) };
}

/** Stops, somewhat later, once it is above the limit. */
function squaredDistance(image: Uint8Array, all: Uint8Array, at: number, limit: number): number {
  let sum = 0;
  for (let from = 0; from < image.length && sum < limit; from += 192) {
    const end = Math.min(image.length, from + 192);
    for (let p = from; p < end; p++) {
      const difference = (image[p] as number) - (all[at + p] as number);
      sum += difference * difference;
    }
  }
  return sum;
}

function insert(
  indices: Int32Array,
  squares: Float64Array,
  row: number,
  k: number,
  index: number,
  square: number,
): void {
  let place = k - 1;
  for (; place > 0 && (squares[row + place - 1] as number) > square; place--) {
    squares[row + place] = squares[row + place - 1] as number;
    indices[row + place] = indices[row + place - 1] as number;
  }
  squares[row + place] = square;
  indices[row + place] = index;
}
