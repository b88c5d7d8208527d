import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { GeneratorDescription } from "../../../study/generatorRecord.ts";
import type { ExpectedKey } from "../keys.ts";
import type { StyleGanSizes } from "./sizes.ts";
import type { StyleGanOptions } from "./weights.ts";

/** What a recognised checkpoint is loaded with. */
export interface StyleGan2Checkpoint {
  readonly file: CheckpointFile;
  readonly sizes: StyleGanSizes;
  readonly expected: readonly ExpectedKey[];
  readonly options: StyleGanOptions;
  /** Whose code samples it: their images become uint8 differently. */
  readonly origin: "nvidia" | "studiogan";
  readonly description: GeneratorDescription;
}
