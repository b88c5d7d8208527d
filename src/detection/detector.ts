/** Features and logits of one split from one evaluation pass of one checkpoint. */
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

/** Confidence of each image, [count]: LARGER = MORE IN-DISTRIBUTION, as OpenOOD. */
export type Score = (activations: Activations) => Float32Array;

/** A post-hoc detector: one file that exports one of these. */
export interface Detector<Params extends Record<string, number> = Record<string, number>> {
  /** Name in files: msp, ebo, mls, knn … */
  readonly name: string;
  readonly title: string;
  readonly defaults: Readonly<Params>;
  /**
   * Fits on the splits its reference uses and returns the scorer.
   * Throws UndefinedScore where the reference would fail, saying why.
   */
  fit(input: FitInput, params: Params): Score;
}

/** "undefined, because …": the documented outcome where a detector has no value. Written as an empty field. */
export class UndefinedScore extends Error {
  constructor(because: string) {
    super(`undefined, because ${because}`);
    this.name = "UndefinedScore";
  }
}
