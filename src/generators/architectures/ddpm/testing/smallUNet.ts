import type { CheckpointFile } from "../../../../checkpoints/checkpointFile.ts";
import { type GoldenKey, goldenTensor, memoryCheckpoint } from "../../testing/goldenCase.ts";
import { expectedKeys } from "../deriveSizes.ts";
import { DIALECTS, type Dialect } from "../dialects.ts";
import { type UNetSizes, unetTensors } from "../sizes.ts";
import { timestepEmbedding } from "../timestepEmbedding.ts";

/** 16 channels, attention at the lower of two levels, whose widths differ. */
export const SMALL: UNetSizes = {
  channels: 16,
  timeWidth: 24,
  blocks: 2,
  levels: [
    { width: 16, attentionDown: false, attentionUp: false },
    { width: 24, attentionDown: true, attentionUp: true },
  ],
  groups: 4,
  eps: 1e-6,
  headWidth: null,
  downPadding: "after",
};

/** A tensor of the small UNet by pesser's name, filled by formula. */
export function smallTensor(name: string): Float32Array {
  const shape = unetTensors(SMALL).get(name);
  const data = shape && goldenTensor({ name, shape }, { prefix: "small/", adjust: [], skip: [] });
  if (!data) throw new Error(`No tensor ${name}.`);
  return data;
}

export function dialectOf(id: Dialect["id"]): Dialect {
  const dialect = DIALECTS.find((one) => one.id === id);
  if (!dialect) throw new Error(`No dialect ${id}.`);
  return dialect;
}

/** The small UNet as a checkpoint of one dialect. */
export function smallCheckpoint(id: Dialect["id"], more: Partial<CheckpointFile> = {}): CheckpointFile {
  const dialect = dialectOf(id);
  const names = [...unetTensors(SMALL).keys()];
  const keys = expectedKeys(dialect, SMALL);
  const pesserName = new Map(keys.map((key, i) => [key.name, names[i] as string]));
  const all: GoldenKey[] = [...keys];
  if (id === "w86763777") all.unshift({ name: dialect.mark, shape: [1000, SMALL.channels] });
  const metadata = { norm_groups: "4", resolution: "8" };
  return memoryCheckpoint(
    all,
    ({ name }) => {
      if (name === dialect.mark && id === "w86763777") {
        const steps = Array.from({ length: 1000 }, (_, t) => t);
        return Float32Array.from(timestepEmbedding(steps, SMALL.channels, { order: "pairs", shift: 0 }));
      }
      return smallTensor(pesserName.get(name) ?? name);
    },
    { metadata, ...more },
  );
}
