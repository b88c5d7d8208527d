import type { Activations } from "../detector.ts";

/**
 * One split of an evaluation. Labels and logits are in memory; features come in runs of images, from memory or from
 * storage, so that a set larger than memory can be scored.
 */
export interface ActivationSet {
  readonly count: number;
  /** [count], −1 for OOD. */
  readonly labels: Int32Array;
  /** [count, classes]. */
  readonly logits: Float32Array;
  /** Features [count, d] of the images first … first + count − 1. */
  readFeatures(first: number, count: number): Promise<Float32Array>;
}

/** A split that is wholly in memory. */
export function inMemory({ count, features, logits, labels }: Activations): ActivationSet {
  const dim = count === 0 ? 0 : features.length / count;
  return {
    count,
    labels,
    logits,
    readFeatures: async (first, images) => features.subarray(first * dim, (first + images) * dim),
  };
}

/**
 * A run of a split's images; without features where nobody reads them.
 *
 * @param logits in place of the set's own, e.g. those of perturbed inputs
 */
export async function readRun(
  set: ActivationSet,
  classes: number,
  first: number,
  count: number,
  features: boolean,
  logits: Float32Array = set.logits,
): Promise<Activations> {
  return {
    count,
    features: features ? await set.readFeatures(first, count) : new Float32Array(),
    logits: logits.subarray(first * classes, (first + count) * classes),
    labels: set.labels.subarray(first, first + count),
  };
}
