import type { DenseKernels } from "../engine/dense/kernels.ts";
import type { Normalisation } from "../engine/network.ts";
import type { ParameterValue, Params } from "../study/result.ts";

/** Features and logits of some images from one evaluation pass of one checkpoint. */
export interface Activations {
  readonly count: number;
  /** [count, d], penultimate features after pooling. */
  readonly features: Float32Array;
  /** [count, K]. */
  readonly logits: Float32Array;
  /** [count], −1 for OOD. */
  readonly labels: Int32Array;
}

/** What a detector may be fitted on. Nothing of a test set is in here. */
export interface FitInput {
  readonly featureDim: number;
  readonly classes: number;
  readonly train: Activations;
  readonly val: Activations;
  /** The head: weight [classes, featureDim], bias [classes]. */
  readonly head: { readonly weight: Float32Array; readonly bias: Float32Array };
}

type MaybePromise<T> = T | Promise<T>;

/**
 * Confidence of each image, [count]: LARGER = MORE IN-DISTRIBUTION, as OpenOOD. Called with some thousands of images
 * at a time; a score of one image may not depend on which others come with it.
 */
export type Score = (activations: Activations) => MaybePromise<Float32Array>;

/** What `fit` leaves. */
export interface Fitted {
  readonly score: Score;
  /** What was fitted, by name, for whoever wants to look at it or compare it with a reference. */
  readonly state?: Readonly<Record<string, Float64Array | Float32Array | number>>;
  /** Frees what the kernels hold for it. */
  dispose?(): void;
}

/** One hyper-parameter as the page and the command line show it. */
export type Parameter = {
  /** As in `--set detector.name=value`. */
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly explain: string;
} & (
  | { readonly kind: "number"; readonly integer: boolean; readonly min: number; readonly max: number }
  | { readonly kind: "choice"; readonly options: readonly { readonly value: string; readonly title: string }[] }
);

/** Where hyper-parameters come from. The study presets `look` and `quick` both use `quick`. */
export type DetectorPreset = "paper" | "v1.5" | "quick";

/** What the scaling rules of `quick` go by. */
export interface Sizes {
  readonly featureDim: number;
  readonly classes: number;
  /** Images of the train and the ID-val set. */
  readonly train: number;
  readonly val: number;
}

/** A step of the input against or along the gradient of a loss, before the forward pass whose logits are scored. */
export interface InputPerturbation {
  /** Names the cached pass: everything that changes its numbers. [A-Za-z0-9._-]+ */
  readonly key: string;
  /** x' = x + step · sign(∂loss/∂x) / sigma per channel, sign(0) = +1; x is the normalised image. */
  readonly step: number;
  readonly sigma: readonly [number, number, number];
  /** CE(z/T, argmax z), summed: what the gradient is of. */
  readonly temperature: number;
}

/** A post-hoc detector: one file that exports one of these and one line in registry.ts. How-to: docs/detectors.md. */
export interface Detector<P extends Params = Params> {
  /** Name in files: msp, ebo, mls, knn … */
  readonly name: string;
  readonly title: string;
  /** Who proposed it, "Authors Year". */
  readonly source: string;
  /** What the score is, in one sentence with its formula. */
  readonly formula: string;
  readonly parameters: readonly Parameter[];
  /** Values by preset; those of `quick` follow a rule from the sizes. */
  readonly presets: {
    readonly paper: P;
    readonly "v1.5": P;
    readonly quick: (sizes: Sizes) => P;
  };
  /** The rule of `quick` in words where it is not simply the paper's values; else null. */
  readonly quickRule: string | null;
  /** Candidates of the v1.5 hyper-parameter search by parameter; empty where v1.5 searches nothing. */
  readonly grid: Readonly<Record<string, readonly ParameterValue[]>>;
  /** How preset `paper` differs from what the authors' fork really ran, one sentence each. */
  readonly deviations: readonly string[];
  /** The split that `fit` reads: its reference's. */
  readonly fitsOn: "nothing" | "val" | "train";
  /** Whether refitting only the head could move the score. */
  readonly readsLogits: boolean;
  /** Whether features are read at all; where not, they need not be loaded. */
  readonly readsFeatures: boolean;
  /** Detectors that look through the network at the image: scored on the logits of perturbed inputs. */
  perturb?(params: P, normalisation: Normalisation): InputPerturbation;
  /**
   * Fits on the splits its reference uses and returns the scorer.
   * Throws UndefinedScore where the reference would fail, saying why.
   */
  fit(input: FitInput, params: P, kernels: DenseKernels): MaybePromise<Fitted>;
}

/** "undefined, because …": the documented outcome where a detector has no value. Written as an empty field. */
export class UndefinedScore extends Error {
  constructor(readonly because: string) {
    super(`undefined, because ${because}`);
    this.name = "UndefinedScore";
  }
}
