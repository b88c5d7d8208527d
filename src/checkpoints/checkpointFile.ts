import type { ByteSource } from "./byteSource.ts";
import type { StateDictFile } from "./storedTensor.ts";

/** A file as it was dropped: its path-like name and its bytes, read where they are needed. */
export interface NamedSource {
  readonly name: string;
  readonly source: ByteSource;
}

/** The container a checkpoint came in. */
export type CheckpointFormat = "torch-zip" | "torch-legacy" | "stylegan-pickle" | "safetensors" | "diffusers";

/** A checkpoint: one network's tensors, still in the file, and what the file says about them. */
export interface CheckpointFile extends StateDictFile {
  readonly format: CheckpointFormat;
  /** File that holds the tensors. */
  readonly name: string;
  /** Key of the tensors in the file, "state_dict", "G_ema" …; null where they stand at its root. */
  readonly member: string | null;
  /** true: averaged weights (EMA), by member or file name; false: the file names them as not averaged; null: unknown. */
  readonly ema: boolean | null;
  /** Plain values that came with it: `_init_kwargs` of a StyleGAN pickle, config.json, scheduler_config.json. */
  readonly config: ReadonlyMap<string, unknown>;
}
