import type { Picture } from "../../data/resize.ts";

/** Images that were made elsewhere, read from their files in order. */
export interface ImageFiles {
  readonly format: "npz" | "npy" | "tar" | "folder";
  readonly count: number;
  /** Of the first image; those of a folder may differ in size. */
  readonly height: number;
  readonly width: number;
  /** Class per image; null where there are none. */
  readonly labels: Int32Array | null;
  readonly lossless: boolean;
  /** In order; a picture is only good until the next one is asked for. */
  pictures(): AsyncIterable<Picture>;
}
