import type { DatasetFacts } from "./datasetsRecord.ts";
import type { FileError } from "./formats/fileError.ts";

/** Every dataset is stored at the size of the benchmark. */
export const SIDE = 32;

/** Files that make one dataset together. */
export interface Group {
  /** Its id, where the names of the files tell; else null: the user must say. */
  readonly id: string | null;
  readonly split: "train" | "test" | null;
  readonly title: string;
  readonly side: number;
  readonly count: number;
  readonly classNames: readonly string[];
  /** The dropped files it is made of. */
  readonly files: readonly string[];
  /** Images that could not be read: left out of the dataset, and named. Complete after `fill`. */
  readonly unreadable: readonly FileError[];
  /** Hands over every image in order. */
  fill(add: (pixels: Uint8Array, label: number) => Promise<void>): Promise<DatasetFacts>;
}
