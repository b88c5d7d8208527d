import type { Group } from "../data/benchmark.ts";

/** The five numbers of one detector on one OOD set, fractions 0 … 1; null = undefined there. */
export interface Metrics {
  readonly auroc: number | null;
  /** ID is the positive class: share of OOD accepted when 95 % of ID are. */
  readonly fpr95Id: number | null;
  /** OOD is the positive class: share of ID rejected when 95 % of OOD are caught. */
  readonly fpr95Ood: number | null;
  readonly auprIn: number | null;
  readonly auprOut: number | null;
}

/** ID against OOD scores, binned on a common axis. */
export interface Histogram {
  readonly lo: number;
  readonly hi: number;
  readonly id: readonly number[];
  readonly ood: readonly number[];
}

/** An image that the detector gets most wrong: its place in its set, its score and what the classifier called it. */
export interface Mistake {
  readonly index: number;
  readonly score: number;
  readonly predicted: number;
}

/** One detector on one OOD set of one cell: what the panels draw. */
export interface SetResult {
  readonly set: string;
  readonly group: Exclude<Group, "id">;
  /** false for validation sets: drawn over epochs and used for choosing, never reported. */
  readonly test: boolean;
  readonly nId: number;
  readonly nOod: number;
  readonly metrics: Metrics;
  readonly histogram: Histogram | null;
  /** At most 101 points from (0,0) to (1,1); ID is the positive class. */
  readonly roc: { readonly fpr: readonly number[]; readonly tpr: readonly number[] } | null;
  /** OOD images with the highest confidence, worst first. */
  readonly worst: readonly Mistake[];
}

/** Value of a detector's hyper-parameter. */
export type ParameterValue = number | string;
export type Params = Readonly<Record<string, ParameterValue>>;

/** Names a detector and the hyper-parameters that differ from the preset's: "knn", "knn(K=100)", "odin(T=1,eps=0)". */
export function detectorKey(detector: string, overrides: Params): string {
  const names = Object.keys(overrides).sort();
  return names.length === 0 ? detector : `${detector}(${names.map((name) => `${name}=${overrides[name]}`).join(",")})`;
}

/** One detector of one cell. */
export interface DetectorResult {
  readonly detector: string;
  /** detectorKey of a re-score with hyper-parameters that are not the preset's; absent for the preset's own. */
  readonly variant?: string;
  /** The effective values. */
  readonly params: Params;
  /** "undefined, because …" where the detector has no value; then the metrics are null. */
  readonly undefinedBecause: string | null;
  /** Unweighted means over the test sets of the group (the paper's near and far). */
  readonly near: Metrics;
  readonly far: Metrics;
  readonly sets: readonly SetResult[];
  /** ID test images with the lowest confidence, worst first. */
  readonly worstId: readonly Mistake[];
}

/** One point of a run's history: the training side, and where it was measured the validation side. */
export interface HistoryPoint {
  readonly step: number;
  readonly epoch: number;
  readonly lr: number;
  readonly alpha: number;
  readonly loss: number;
  readonly trainAccuracy: number;
  readonly valAccuracy: number | null;
  /** AUROC per detector on the OOD-val sets (never the test sets). */
  readonly valAuroc: Readonly<Record<string, { readonly near: number | null; readonly far: number | null }>> | null;
}
