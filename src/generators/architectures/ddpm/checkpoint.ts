import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { GeneratorDescription } from "../../../study/generatorRecord.ts";
import type { DerivedSizes } from "./deriveSizes.ts";
import type { Dialect } from "./dialects.ts";
import type { DiffusionConfig } from "./diffusionConfig.ts";
import type { EmbeddingForm } from "./timestepEmbedding.ts";

/** What a recognised checkpoint is loaded with. */
export interface DdpmCheckpoint extends DerivedSizes {
  readonly file: CheckpointFile;
  readonly dialect: Dialect;
  readonly diffusion: DiffusionConfig;
  readonly embedding: EmbeddingForm;
  readonly description: GeneratorDescription;
}
