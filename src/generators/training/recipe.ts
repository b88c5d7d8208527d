import type { AdamOptions } from "./adam.ts";
import type { TrainingDevice } from "./differentiate.ts";
import type { Parameters } from "./parameters.ts";

/** One way to make a generator: what is trained, by what loss, and what is kept of it. */
export interface Recipe {
  readonly kind: "ddpm" | "vae";
  /** A sentence for the file's metadata: objective and sizes. */
  readonly description: string;
  readonly parameters: Parameters;
  readonly adam: AdamOptions;
  readonly learningRate: number;
  /** Gradients' joint norm is cut to this. */
  readonly clip: number;
  /** Of the average of the parameters, after its warm-up. */
  readonly averageDecay: number;
  readonly batch: number;
  /** Losses by name and gradients by parameter, of step 0, 1, … on. */
  gradients(
    device: TrainingDevice,
    step: number,
  ): Promise<{ readonly losses: Readonly<Record<string, number>>; readonly gradients: Map<string, Float32Array> }>;
  /** The generator's file: its tensors from averaged parameters, and what a reader must know beside them. */
  exported(
    device: TrainingDevice,
    averaged: Parameters,
  ): Promise<{ readonly tensors: Parameters; readonly metadata: Readonly<Record<string, string>> }>;
}
