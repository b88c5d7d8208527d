import type { CheckpointFile } from "../../checkpoints/checkpointFile.ts";
import type { ImageOps } from "../../engine/ops/imageOps.ts";
import type { GeneratorDescription, SamplingSettings } from "../../study/generatorRecord.ts";

/** One kind of network. Recognised and sized by keys and shapes alone. */
export interface Architecture {
  readonly id: string;
  /**
   * null where the keys are not of this kind.
   * @throws CheckpointError that lists every missing, unexpected and mis-shaped key where they nearly are
   */
  recognise(file: CheckpointFile): Recognised | null;
}

export interface Recognised {
  readonly description: GeneratorDescription;
  /** Reads the tensors and lays them out on the device. Rejects with CheckpointError (NaN, wrong dtype …). */
  load(ops: ImageOps, settings: SamplingSettings): Promise<GeneratorNetwork>;
}

/** What one call of a network is given; arrays hold `count` rows. */
export interface SampleInput {
  readonly count: number;
  /** [count, latentSize], as drawn: the family applies truncation. */
  readonly latents: Float32Array;
  /** Classes of the generator, [count]; null for an unconditional one. */
  readonly labels: Int32Array | null;
  /**
   * Normals for what needs them beside the latents, [count, …]: name "step/K" of a diffusion model's K-th step
   * ([count, 3·resolution²]), "b32.conv0" of StyleGAN ([count, 32·32]).
   */
  normals(name: string, perImage: number): Float32Array;
  /** Called between the steps of a diffusion model with x [count, 3, r, r]; may reject to stop. */
  readonly onStep?: (step: number, x: Float32Array) => Promise<void>;
}

/** A generator on a device. One call at a time. */
export interface GeneratorNetwork {
  readonly description: GeneratorDescription;
  /** What was found while loading: stored and converged spectral norms apart by more than 2 %, NaN … */
  readonly warnings: readonly string[];
  /** Images that one call should take at once on this device. */
  readonly batch: number;
  /** Images before clamping, float32 [count, 3, r, r], nominally in [−1, 1]. */
  sample(input: SampleInput): Promise<Float32Array>;
  /** uint8 of a value as the family's own code rounds it. */
  quantise(images: Float32Array): Uint8Array;
  dispose(): void;
}
