import { type ImageSet, imageBytes } from "../data/imageSet.ts";
import type { PoolWindow } from "./poolOrder.ts";

/** The synthetic images of a run, as training draws them. */
export interface PoolImages {
  readonly count: number;
  /** null: all of it is in memory, and any order will do. */
  readonly window: PoolWindow | null;
  /** Makes images available; those of the call before may go. */
  prepare(numbers: ArrayLike<number>): Promise<void>;
  /** uint8 RGB of an image that was prepared; not to be written into. */
  image(number: number): Uint8Array;
  label(number: number): number;
}

/** A pool that is in memory as a whole. */
export function wholePool(set: ImageSet): PoolImages {
  const size = imageBytes(set);
  return {
    count: set.count,
    window: null,
    prepare: async () => {},
    image: (number) => set.images.subarray(number * size, (number + 1) * size),
    label: (number) => set.labels[number] as number,
  };
}

/**
 * A pool of which a window is in memory.
 *
 * @param read a chunk by its number
 */
export function windowedPool(
  count: number,
  window: PoolWindow,
  read: (chunk: number) => Promise<ImageSet>,
): PoolImages {
  const held = new Map<number, ImageSet>();
  const chunkOf = (number: number): number => Math.floor(number / window.chunk);
  const heldChunk = (number: number): ImageSet => {
    const chunk = held.get(chunkOf(number));
    if (chunk === undefined) throw new Error(`Image ${number} of the pool was not prepared.`);
    return chunk;
  };
  return {
    count,
    window,
    async prepare(numbers) {
      const needed = new Set(Array.from(numbers, chunkOf));
      for (const chunk of needed) if (!held.has(chunk)) held.set(chunk, await read(chunk));
      // A batch may lie across two windows, so the chunks in use are those that were needed last.
      for (const chunk of needed) {
        const set = held.get(chunk) as ImageSet;
        held.delete(chunk);
        held.set(chunk, set);
      }
      for (const oldest of held.keys()) {
        if (held.size <= Math.max(window.chunks, needed.size)) break;
        held.delete(oldest);
      }
    },
    image(number) {
      const chunk = heldChunk(number);
      const size = imageBytes(chunk);
      const at = (number % window.chunk) * size;
      return chunk.images.subarray(at, at + size);
    },
    label: (number) => heldChunk(number).labels[number % window.chunk] as number,
  };
}
