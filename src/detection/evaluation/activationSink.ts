import { type ActivationSet, inMemory } from "./activationSet.ts";

/** Where an evaluation pass leaves what it computes, as it goes. */
export interface ActivationSink {
  /** The set of `count` images as an earlier pass left it, whole; then it is not passed again. */
  kept(name: string, count: number): Promise<ActivationSet | undefined>;
  /** A set that is passed from its first image on. */
  begin(name: string, count: number): Promise<SetWriter>;
}

/** One set on its way. */
export interface SetWriter {
  /** The next images: features [n, d], logits [n, classes]. */
  write(features: Float32Array, logits: Float32Array): Promise<void>;
  /** After the last image: labels [count], −1 for OOD. */
  finish(labels: Int32Array): Promise<ActivationSet>;
}

/** Activations that stay in memory, for sets that are known to fit. */
export function memorySink(featureDim: number, classes: number): ActivationSink {
  return {
    kept: async () => undefined,
    begin: async (_name, count) => {
      const features = new Float32Array(count * featureDim);
      const logits = new Float32Array(count * classes);
      let written = 0;
      return {
        write: async (moreFeatures, moreLogits) => {
          features.set(moreFeatures, written * featureDim);
          logits.set(moreLogits, written * classes);
          written += moreLogits.length / classes;
        },
        finish: async (labels) => inMemory({ count, features, logits, labels }),
      };
    },
  };
}
