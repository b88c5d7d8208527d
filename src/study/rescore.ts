import type { SetInfo } from "../data/benchmark.ts";
import type { Cell } from "./cell.ts";
import type { DetectorResult, Params } from "./result.ts";

/** An evaluation in storage: that of a trained cell, or one whose features or network came from elsewhere. */
export type ScoreTarget =
  | { readonly kind: "cell"; readonly cell: Cell }
  | { readonly kind: "import"; readonly id: string };

/** Confidences of every image of one evaluation under one detector. */
export interface ImageScores {
  readonly params: Params;
  /** Sentence per set that has no score, "undefined, because …". */
  readonly undefinedBecause: Readonly<Record<string, string>>;
  /** By set name; validation sets included. */
  readonly sets: Readonly<Record<string, ImageScoresOfSet>>;
}

export interface ImageScoresOfSet {
  /** [n], larger = more in-distribution. */
  readonly scores: Float32Array;
  /** Class with the largest logit, [n]; empty where only scores were imported. */
  readonly predicted: Int32Array;
  /** [n], −1 for OOD. */
  readonly labels: Int32Array;
}

/** One candidate of a hyper-parameter search. */
export interface SearchCandidate {
  readonly params: Params;
  /** Of ID-val against OOD-val; null where the detector is undefined there. */
  readonly auroc: number | null;
  readonly undefinedBecause: string | null;
}

/** The v1.5 hyper-parameter search of one detector on one evaluation: validation sets only. */
export interface SearchResult {
  readonly detector: string;
  /** In the order tried: the first parameter varies fastest. */
  readonly candidates: readonly SearchCandidate[];
  /** Index of the first maximum; null where no candidate has a value. */
  readonly best: number | null;
  /** Names of the OOD-val sets; with several, the objective is the unweighted mean of their AUROCs. */
  readonly valSets: readonly string[];
  /** OOD-val sets that have the distribution of a test set, as "val set → test set": a look at the test in disguise. */
  readonly sharedDistributions: readonly string[];
}

/** Where an evaluation that was not computed by a run came from. */
export type ImportKind = "scores" | "logits" | "features" | "checkpoint";

/** Whether OOD numbers may be shown: only once the classifier is known to be read aright. */
export interface AccuracyGate {
  readonly open: boolean;
  /** On the labelled ID test images; null where there are no logits or labels to tell it from. */
  readonly measured: number | null;
  /** What it should be, as the file or the user says; null where nobody does. */
  readonly expected: number | null;
  /** One sentence: why it is open or closed, and what to do. */
  readonly reason: string;
}

/** An evaluation that came from outside, as pages show it. Plain JSON. */
export interface ImportedEvaluation {
  readonly id: string;
  readonly name: string;
  readonly kind: ImportKind;
  /** Of the images, where they are known here; null where only numbers came. */
  readonly benchmark: string | null;
  readonly sets: readonly SetInfo[];
  readonly classes: number;
  /** 0 where there are no features. */
  readonly featureDim: number;
  readonly gate: AccuracyGate;
  readonly preset: "paper" | "v1.5" | "quick";
  /** Every detector that has what it needs; empty while the gate is closed. */
  readonly detectors: readonly DetectorResult[];
  /** What the import has to say, one sentence each: names that were mapped, detectors left out and why. */
  readonly notes: readonly string[];
  /** ISO time. */
  readonly created: string;
}
