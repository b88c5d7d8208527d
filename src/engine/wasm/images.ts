import type { ImageLayout } from "../augment.ts";
import { type Activations, type MapBuffer, strides } from "./lowering/buffers.ts";

/** Where the pixels of a batch lie in the arena, in floats. */
export function imageLayout(buffer: Activations): ImageLayout {
  const { origin, image, row, pixel } = strides(buffer);
  return { origin: origin / 4, image: image / 4, row: row / 4, pixel: pixel / 4 };
}

/**
 * Copies n normalised images, float32 [n][height][width][3], into the arena.
 *
 * @throws RangeError if there are fewer
 */
export function writeImages(arena: Float32Array, buffer: Activations, images: Float32Array, n: number): void {
  const length = n * buffer.height * buffer.width * 3;
  if (images.length < length) {
    throw new RangeError(`${n} normalised images are ${length} numbers, but ${images.length} were given.`);
  }
  forEachPixel(buffer, n, (at, from) => {
    arena[at] = images[from] as number;
    arena[at + 1] = images[from + 1] as number;
    arena[at + 2] = images[from + 2] as number;
  });
}

/** The gradient of n images out of the arena, [n][height][width][3]. */
export function readImageGradient(arena: Float32Array, buffer: MapBuffer, n: number): Float32Array {
  const gradient = new Float32Array(n * buffer.height * buffer.width * 3);
  forEachPixel(buffer, n, (at, to) => {
    gradient[to] = arena[at] as number;
    gradient[to + 1] = arena[at + 1] as number;
    gradient[to + 2] = arena[at + 2] as number;
  });
  return gradient;
}

/** Calls `visit` with the place of each pixel in the arena and in [n][height][width][3]. */
function forEachPixel(buffer: Activations, n: number, visit: (arena: number, dense: number) => void): void {
  const { origin, image, row, pixel } = imageLayout(buffer);
  let dense = 0;
  for (let i = 0; i < n; i++) {
    for (let y = 0; y < buffer.height; y++) {
      const line = origin + i * image + y * row;
      for (let x = 0; x < buffer.width; x++, dense += 3) visit(line + x * pixel, dense);
    }
  }
}
