import type { BackendRecord } from "./backend.ts";
import type { Cell } from "./cell.ts";
import type { PseudoLabelReport } from "./generatorRecord.ts";
import type { PoolForm } from "./pool.ts";
import type { Provenance } from "./provenance.ts";
import type { DetectorResult, HistoryPoint } from "./result.ts";

/** Below this accuracy on its own training images a cell is not converged and says so wherever it appears. */
export const CONVERGED_ACCURACY = 0.99;

/** What of a pool decides a cell's numbers, beside its spec. */
export interface PoolUse {
  readonly id: string;
  readonly form: PoolForm;
  /** "whole": permuted as a whole; "window": chunks permuted, then the images of each window of chunks. */
  readonly order: "whole" | { readonly chunk: number; readonly chunks: number };
  readonly pseudoLabels: PseudoLabelReport | null;
}

/** A finished cell as every panel, table and export sees it. Plain JSON. */
export interface CellSummary {
  readonly cell: Cell;
  readonly backend: BackendRecord;
  /** trunc(B·α)/B, as trained. */
  readonly alphaEffective: number;
  readonly realImages: number;
  /** Synthetic images drawn in training, repeats counted. */
  readonly syntheticDraws: number;
  readonly epochs: number;
  readonly steps: number;
  /** Seconds of training and evaluation, pauses left out. */
  readonly wallSeconds: number;
  /** Accuracy on the training batches of the last epoch, augmented, in training mode. */
  readonly trainAccuracy: number;
  readonly converged: boolean;
  /** On the ID test set. */
  readonly idAccuracy: number;
  /** On diagnostic ID sets, e.g. the shuffled hues of Shapes, by set name. */
  readonly diagnosticAccuracy: Readonly<Record<string, number>>;
  readonly reportedEpoch: number;
  readonly detectors: readonly DetectorResult[];
  /** How the features are kept that re-scores read; absent in summaries of older versions. */
  readonly featureCache?: "float32" | "float16";
  /** The kernels that scored; absent in summaries of older versions. */
  readonly scoring?: { readonly variant: string; readonly threads: number };
  readonly history: readonly HistoryPoint[];
  readonly provenance: Provenance | null;
  readonly benchmarkFingerprint: string;
  readonly generatorFingerprint: string | null;
  /** The pool that it drew from, how that was kept, and in which order; absent without one, and in older summaries. */
  readonly pool?: PoolUse;
  /** Version of the program that made it. */
  readonly version: string;
  /** ISO time of the end of the evaluation. */
  readonly finished: string;
}
