import type { CheckpointFile } from "../../../../checkpoints/checkpointFile.ts";
import { type GoldenKey, goldenTensor, memoryCheckpoint } from "../../testing/goldenCase.ts";
import { expectedKeys } from "../expectedKeys.ts";
import type { StyleGanSizes } from "../sizes.ts";

/** 8×8 pixels of 3 classes; every width differs. */
export const TINY: StyleGanSizes = {
  zWidth: 6,
  wWidth: 5,
  classes: 3,
  embedWidth: 4,
  mapping: [7, 5],
  blocks: [
    { resolution: 4, width: 8 },
    { resolution: 8, width: 6 },
  ],
  output: "skip",
  noise: true,
};

const FILL = {
  prefix: "tiny/",
  adjust: [
    { match: "^mapping\\.fc\\d+\\.", rule: "raw", scale: 100 },
    { match: "affine\\.bias$", rule: "small", offset: 1 },
    { match: "(weight|const)$", rule: "unit" },
  ],
  skip: [],
};

/** A checkpoint of the tiny generator, without resampling filters: they are [1, 3, 3, 1] then. */
export function tinyCheckpoint(more: Partial<CheckpointFile> = {}, sizes: StyleGanSizes = TINY): CheckpointFile {
  const none = memoryCheckpoint([], () => new Float32Array());
  return memoryCheckpoint(expectedKeys(none, sizes), tinyTensor, more);
}

export function tinyTensor(key: GoldenKey): Float32Array {
  const data = goldenTensor(key, FILL);
  if (!data) throw new Error(`No tensor ${key.name}.`);
  return data;
}
