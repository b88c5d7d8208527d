import { STEP_BYTES } from "../../kernels/kernel.ts";
import { MOVE_BYTES } from "../../kernels/step/augment.ts";
import type { ParameterLayout } from "./parameterLayout.ts";
import type { Slot } from "./slots.ts";

/** The memory of a network that outlives its passes. */
export interface NetworkSlots {
  /** Batch size and hyperparameters. */
  readonly step: Slot;
  /** uint8 RGB [n][height][width][3], and how each image is moved. */
  readonly images: Slot;
  readonly moves: Slot;
  /** The normalised value of every byte. */
  readonly levels: Slot;
  /** Normalised [n][height][width][4]. */
  readonly input: Slot;
  /** [n][physical features]. */
  readonly features: Slot;
  /** Its gradient, in a buffer of tfjs. */
  readonly dFeatures: Slot;
  /** Arenas in the layout of ParameterLayout. */
  readonly parameters: Slot;
  readonly gradients: Slot;
  readonly momenta: Slot;
  readonly running: Slot;
  /** Copies of the head's tensors for tfjs. */
  readonly headWeight: Slot;
  readonly headBias: Slot;
}

export function networkSlots(layout: ParameterLayout, maxBatch: number): NetworkSlots {
  const { plan, trained, running, classes, features } = layout;
  const { root } = plan.evaluation.input;
  const pixels = maxBatch * root.height * root.width;
  const kept = (name: string, bytes: number): Slot => ({ name, bytes: Math.ceil(bytes / 4) * 4, lasts: "kept" });
  return {
    step: kept("step", STEP_BYTES),
    images: kept("images", pixels * 3),
    moves: kept("moves", maxBatch * MOVE_BYTES),
    levels: kept("levels", 256 * 4 * 4),
    input: kept("input", pixels * root.channels * 4),
    features: kept("features", maxBatch * features.channels * 4),
    dFeatures: { name: "gradient of the features", bytes: maxBatch * features.channels * 4, lasts: "foreign" },
    parameters: kept("parameters", trained.length * 4),
    gradients: kept("gradients", trained.length * 4),
    momenta: kept("momenta", trained.length * 4),
    running: kept("running statistics", running.length * 4),
    headWeight: kept("head weight", classes * features.channels * 4),
    headBias: kept("head bias", classes * 4),
  };
}
