import type { ImageSet } from "../../data/imageSet.ts";

/** The images of a pool in order, chunk by chunk, with what a file of them says at its beginning. */
export interface PoolImageStream {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly classNames: readonly string[];
  chunks(): AsyncIterable<ImageSet>;
}
