import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { DatasetRecord as DatasetEntry, GeneratorPreview, ImportOutcome, PreviewRequest } from "../../rpc/api.ts";
import type { BootstrapRequest, BootstrapResult } from "../../runs/evaluation/bootstrapCells.ts";
import type { Phase, StepPoint } from "../../runs/events.ts";
import type { FidelityRequest } from "../../runs/fidelity/fidelityRequest.ts";
import type { ImportOptions, InspectedFile } from "../../runs/imports/importOptions.ts";
import type { RunStatus } from "../../runs/status.ts";
import type { BackendRecord } from "../../study/backend.ts";
import type { Cell } from "../../study/cell.ts";
import type { FidelityRecord } from "../../study/fidelity.ts";
import type {
  GeneratorRecord,
  InspectedGenerator,
  KeepGeneratorOptions,
  NearestImages,
} from "../../study/generatorRecord.ts";
import type { PoolForm, PoolRecord, PoolRoom, PoolSpec } from "../../study/pool.ts";
import type { ImageScores, ImportedEvaluation, ScoreTarget, SearchResult } from "../../study/rescore.ts";
import type { HistoryPoint } from "../../study/result.ts";
import type { Study, StudyRequest } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";

export type { DatasetEntry, ImportOutcome };

/** A study in the session: the example that ships with the app, or the user's own. */
export interface StudyEntry {
  readonly id: string;
  readonly source: "example" | "own";
  readonly study: Study;
  /** Example only: what computed it and when, for the label. */
  readonly computedWith: string | null;
}

/** A problem as the page words it: what happened, why, what to do. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** One cell on its way. Finished cells of the example have none. */
export interface RunRecord {
  readonly cell: Cell;
  readonly studyId: string;
  readonly status: RunStatus;
  readonly phase: Phase | null;
  readonly done: number;
  readonly total: number;
  readonly etaSeconds: number | null;
  readonly problem: Problem | null;
  /** A run that followed the slider: a trajectory, never a point of the curve or a row of a table. */
  readonly live: boolean;
  /** ISO time of queueing. */
  readonly queued: string;
}

/** The training side of the run that is going on, for the live chart. */
export interface LiveTrace {
  readonly cellId: string;
  /** Decimated for drawing: at most 400 points, extremes kept. */
  readonly steps: readonly StepPoint[];
  /** Where a live-α run was told a new α. */
  readonly alphaChanges: readonly { readonly step: number; readonly alpha: number }[];
  readonly history: readonly HistoryPoint[];
}

/** Everything the pages show. Immutable: a new object whenever something changed. */
export interface SessionState {
  /** "starting" until storage and workers answered; "failed" carries a problem. */
  readonly phase: "starting" | "ready" | "failed";
  readonly problem: Problem | null;
  /** The example file could not be read: said plainly, nothing is invented in its place. */
  readonly exampleProblem: Problem | null;
  readonly crossOriginIsolated: boolean;
  readonly backend: BackendRecord | null;
  readonly storage: { readonly used: number; readonly quota: number | null } | null;
  readonly benchmarks: readonly BenchmarkInfo[];
  /** By benchmark id. */
  readonly generators: Readonly<Record<string, readonly GeneratorInfo[]>>;
  readonly studies: readonly StudyEntry[];
  /** By cell id, finished cells only. */
  readonly summaries: Readonly<Record<string, CellSummary>>;
  /** Finished cells whose features are known not to be in this browser: they cannot be scored again. */
  readonly unkept: ReadonlySet<string>;
  readonly runs: readonly RunRecord[];
  readonly live: LiveTrace | null;
  readonly datasets: readonly DatasetEntry[];
  readonly pools: readonly PoolRecord[];
  /** Generators that the user brought, the newest first. They are in `generators` too. */
  readonly uploads: readonly GeneratorRecord[];
  /** Evaluations of what was computed elsewhere, the newest first. */
  readonly imports: readonly ImportedEvaluation[];
  /** Comparisons of pools with real images, the newest first. */
  readonly fidelities: readonly FidelityRecord[];
}

/** What "Run α = 0.65 × 3 seeds" would cost. */
export interface Estimate {
  readonly cells: number;
  /** Range in seconds, from a probe of a few steps on this machine. */
  readonly seconds: readonly [low: number, high: number];
  readonly bytes: number;
}

/** What "what if" says of one α: a softmax head refitted on frozen features. Never a point of the curve. */
export interface WhatIf {
  readonly fromCell: string;
  readonly detector: string;
  readonly points: readonly { readonly alpha: number; readonly near: number | null; readonly far: number | null }[];
  /** Its record against finished cells: how often the sign of the change was right, and the RMSE, fractions. */
  readonly record: { readonly n: number; readonly signAgreement: number | null; readonly rmse: number | null };
}

/** What a re-score could do. */
export interface RescoreOutcome {
  /** Finished cells that have a result under the detector. */
  readonly scored: number;
  /** Those of them that had to be scored now. */
  readonly computed: number;
  readonly seconds: number;
  /** Ids of finished cells whose features are not kept in this browser. */
  readonly withoutFeatures: readonly string[];
}

export interface RescoreOptions {
  /** Ends it between two cells: the rest is left as it is and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Cell to begin with: the one on screen. */
  readonly first?: string | undefined;
  /** Cells done, the share of the one at work included. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The page's only door to workers, storage and files. Every promise rejects with an Error whose message can be shown. */
export interface Session {
  state(): SessionState;
  subscribe(listener: () => void): () => void;

  /** Plans a study, keeps it and returns its id; nothing starts. */
  addStudy(request: StudyRequest): Promise<string>;
  deleteStudy(studyId: string): Promise<void>;
  /** Queues the cells of a study that have not finished here yet; results of the example alone do not count. */
  enqueue(studyId: string, cells: readonly Cell[]): Promise<void>;
  estimate(cells: readonly Cell[]): Promise<Estimate>;

  pause(cellId: string): Promise<void>;
  resume(cellId: string): Promise<void>;
  /** Stops and keeps the checkpoint; it can be resumed. Resolves when the worker has confirmed. */
  stop(cellId: string): Promise<void>;
  /** Removes the run and everything it stored. */
  discard(cellId: string): Promise<void>;
  /** Starts a run whose α follows the slider. It is a trajectory: it never enters a curve or a table. */
  startLive(studyId: string, cell: Cell): Promise<void>;
  followAlpha(alpha: number | null): void;

  importFiles(files: readonly File[], as: string | null): Promise<readonly ImportOutcome[]>;
  deleteDataset(id: string): Promise<void>;
  /**
   * Fills a pool, or goes on filling it. Resolves when it is full, or when `stopPool` was heard: then what is there is
   * kept, and the same call goes on. Rejects with the code "quota", and numbers, where there is no room.
   *
   * @param form null: what suits the size of the images
   * @param onProgress in images
   */
  fillPool(
    spec: PoolSpec,
    form?: PoolForm | null,
    onProgress?: (done: number, total: number, etaSeconds: number | null) => void,
  ): Promise<void>;
  /** Ends the filling of a pool, or a preview, after the present batch or diffusion step; drawn images are kept. */
  stopPool(): void;
  /** What filling a pool would need, and which pools could go to make room. */
  poolRoom(spec: PoolSpec, form?: PoolForm | null): Promise<PoolRoom>;
  /** A file with the pool's images and labels, which can be dropped in again as a generator. */
  exportPool(id: string, format: "npz" | "tar"): Promise<Blob>;
  deletePool(id: string): Promise<void>;

  /** What dropped files are as a generator, without keeping them. Never rejects for what is in them. */
  inspectGenerator(files: readonly File[]): Promise<InspectedGenerator>;
  /** Draws images from files that are not kept, and times it. */
  previewGenerator(files: readonly File[], request: PreviewRequest): Promise<GeneratorPreview>;
  /**
   * Keeps files as a generator of a benchmark: it joins `uploads` and `generators`.
   *
   * @param onProgress in bytes
   */
  keepGenerator(
    files: readonly File[],
    options: KeepGeneratorOptions,
    onProgress?: (done: number, total: number) => void,
  ): Promise<GeneratorRecord>;
  /** Deletes it with its pools. */
  deleteGenerator(id: string): Promise<void>;
  /** The nearest real train images of each image. */
  nearestReal(benchmark: string, images: ImageSet, neighbours: number): Promise<NearestImages>;

  /**
   * Compares a pool with real images of its benchmark: the report joins `fidelities`, where it takes the place of one
   * made alike. Rejects with the code "stopped" after `stopFidelity`, "no-baseline" where a classifier is to look and
   * none was trained on real images alone.
   *
   * @param onProgress in images, while features are computed; the distances come after them
   */
  compareWithReal(
    request: FidelityRequest,
    onProgress?: (done: number, total: number, etaSeconds: number | null) => void,
  ): Promise<FidelityRecord>;
  stopFidelity(): void;
  deleteFidelity(id: string): Promise<void>;

  /** Images of a set of a benchmark by index, for thumbnails. */
  images(benchmark: string, set: string, indices: readonly number[]): Promise<ImageSet>;
  /** The first images per class of a generator's sequence, in class order. */
  samples(benchmark: string, generator: string, seed: number, perClass: number): Promise<ImageSet>;
  /** The first images per class of the real train set, in class order. */
  realSamples(benchmark: string, perClass: number): Promise<ImageSet>;

  whatIf(cellId: string, detector: string): Promise<WhatIf>;

  /**
   * Scores the finished cells of a study with a detector, from their kept features. The results join `summaries`; those
   * with hyper-parameters of the user's carry their `variant` and are not in the CSV. Cells whose features are not here
   * are left out and named.
   */
  rescore(studyId: string, choice: DetectorChoice, options?: RescoreOptions): Promise<RescoreOutcome>;
  /** Confidences of every image of one evaluation. */
  scores(target: ScoreTarget, choice: DetectorChoice): Promise<ImageScores>;
  /**
   * Intervals of mean near and far AUROC over seeds × images. Rejects where a cell's features are not kept here.
   * @param onProgress in "cells" while they are scored, then in "resamples"
   */
  bootstrap(
    request: BootstrapRequest,
    onProgress: (done: number, total: number, unit: string) => void,
  ): Promise<BootstrapResult>;
  /**
   * What dropped files are — checkpoint, head, or features, logits and scores of which sets — and what each is probably
   * for, without importing anything. A file that cannot be used carries its `problem`. Names are those to use in
   * ImportOptions.files.
   */
  inspectEvaluationFiles(files: readonly File[]): Promise<readonly InspectedFile[]>;
  /**
   * Imports what was computed elsewhere as one evaluation, which joins `imports` and can be scored as the target
   * {kind: "import", id}. Its kind follows from the files: a checkpoint (evaluated on `options.benchmark`, all
   * detectors), features with a head (all but those that look at images), logits (those that read only logits), or
   * scores (each method a result of its own, under its own name).
   *
   * Look at the outcome's `gate` first: while it is closed there are no detectors in it, nothing was kept, and its
   * reason says why; calling again with `acceptAccuracy: true` opens it. `notes` are for the user. Rejects with a
   * message that names file, tensor and shapes; then nothing was kept.
   *
   * @param onProgress images passed or scored, of the present phase
   */
  importEvaluation(
    files: readonly File[],
    options: ImportOptions,
    onProgress?: (done: number, total: number) => void,
  ): Promise<ImportedEvaluation>;
  /** Deletes an import with its features and scores. */
  deleteImportedEvaluation(id: string): Promise<void>;
  /** The v1.5 search on validation sets. */
  search(target: ScoreTarget, detector: string): Promise<SearchResult>;
  /** scores.safetensors of one evaluation: the confidence of every test image under each detector. */
  exportScores(target: ScoreTarget, choices: readonly DetectorChoice[]): Promise<Uint8Array<ArrayBuffer>>;

  /** results.csv of a study's finished cells. */
  csv(studyId: string): string;
  /** The study file that reproduces it. */
  studyFile(studyId: string): string;
  importStudy(text: string): Promise<string>;
}
