import type { BenchmarkInfo } from "../data/benchmark.ts";
import type { ImageSet } from "../data/imageSet.ts";
import type { DetectorChoice } from "../detection/params.ts";
import type { WhatIfPoint } from "../detection/whatIf/whatIf.ts";
import type { BackendRequest } from "../engine/backend.ts";
import type { GeneratorInfo } from "../generators/generator.ts";
import type { Command } from "../runs/control.ts";
import type { BootstrapRequest, BootstrapResult } from "../runs/evaluation/bootstrapCells.ts";
import type { ProgressEvent } from "../runs/events.ts";
import type { FidelityRequest } from "../runs/fidelity/fidelityRequest.ts";
import type { ImportOptions, InspectedFile } from "../runs/imports/importOptions.ts";
import type { BackendRecord } from "../study/backend.ts";
import type { Cell } from "../study/cell.ts";
import type { FidelityRecord } from "../study/fidelity.ts";
import type {
  GeneratorRecord,
  InspectedGenerator,
  KeepGeneratorOptions,
  NearestImages,
  SamplingSettings,
} from "../study/generatorRecord.ts";
import type { PoolForm, PoolRecord, PoolRoom, PoolSpec } from "../study/pool.ts";
import type { ImageScores, ImportedEvaluation, ScoreTarget, SearchResult } from "../study/rescore.ts";
import type { DetectorResult } from "../study/result.ts";
import type { CellSummary } from "../study/summary.ts";

/** Raised when a message changes its shape: a page and a worker of different builds refuse each other. */
export const PROTOCOL = 1;

/** One method of a worker: what goes in, what comes back. */
export interface Method {
  readonly in: unknown;
  readonly out: unknown;
}

/** Bytes of a dropped file; path-like name. */
export interface UploadedFile {
  readonly name: string;
  readonly blob: Blob;
}

export interface DatasetRecord {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly classes: number;
  readonly bytes: number;
  readonly note: string;
}

/** What became of each file of a drop. */
export interface ImportOutcome {
  readonly file: string;
  readonly ok: boolean;
  readonly message: string;
}

/** generator.worker: benchmarks, generators, pools and imported datasets. */
export interface GeneratorApi {
  benchmarks: { in: null; out: { benchmarks: BenchmarkInfo[]; generators: Record<string, GeneratorInfo[]> } };
  /** Emits progress; comes back with filled < size when it was told to stop. */
  fillPool: { in: { spec: PoolSpec; form: PoolForm | null; request: BackendRequest }; out: PoolRecord };
  poolRoom: { in: { spec: PoolSpec; form: PoolForm | null }; out: PoolRoom };
  /** images and labels in one file, which can be dropped in again as a generator. */
  exportPool: { in: { id: string; format: "npz" | "tar"; request: BackendRequest }; out: Blob };
  pools: { in: null; out: PoolRecord[] };
  deletePool: { in: string; out: null };
  images: { in: { benchmark: string; set: string; indices: number[] }; out: ImageSet };
  samples: {
    in: { benchmark: string; generator: string; seed: number; perClass: number; request: BackendRequest };
    out: ImageSet;
  };
  realSamples: { in: { benchmark: string; perClass: number }; out: ImageSet };
  importFiles: { in: { files: UploadedFile[]; as: string | null }; out: ImportOutcome[] };
  datasets: { in: null; out: DatasetRecord[] };
  deleteDataset: { in: string; out: null };
  /** What dropped files are as a generator. Never rejects for what is in them: the outcome says it. */
  inspectGenerator: { in: { files: UploadedFile[] }; out: InspectedGenerator };
  /** Draws from files that are not kept; shows at the same time what an image costs here. */
  previewGenerator: { in: PreviewRequest & { files: UploadedFile[]; request: BackendRequest }; out: GeneratorPreview };
  /** Keeps files as a generator; emits progress in bytes. */
  keepGenerator: { in: { files: UploadedFile[]; options: KeepGeneratorOptions }; out: GeneratorRecord };
  /** The newest first. */
  uploadedGenerators: { in: null; out: GeneratorRecord[] };
  /** With its pools. */
  deleteGenerator: { in: string; out: null };
  /** The nearest real train images of each image, to see whether a generator repeats them. */
  nearestReal: { in: { benchmark: string; images: ImageSet; neighbours: number }; out: NearestImages };
}

export interface PreviewRequest {
  /** What differs from the family's defaults. */
  readonly settings: Partial<SamplingSettings>;
  /** Classes of the generator to draw, e.g. the first ten; ignored where it has none. */
  readonly classes: readonly number[];
  readonly perClass: number;
  readonly seed: number;
}

export interface GeneratorPreview {
  /** At the generator's own size, class by class; label −1 where it has no classes. */
  readonly images: ImageSet;
  /** Of the second batch on; null for a set of images. */
  readonly msPerImage: number | null;
  /** What it was drawn with: "wasm-relaxed", "webgpu" …; null for a set of images. */
  readonly device: string | null;
  /** What was found when the tensors were read. */
  readonly warnings: readonly string[];
}

/** training.worker. */
export interface TrainingApi {
  /** Chooses and checks the backend, without training. */
  backend: { in: BackendRequest; out: BackendRecord };
  /** Times a few steps of the cell on this machine. */
  probe: { in: { cell: Cell; request: BackendRequest }; out: { secondsPerStep: number } };
  train: {
    in: { cell: Cell; request: BackendRequest; live: boolean };
    out: { state: "finished" | "stopped" };
  };
}

/** evaluation.worker. */
export interface EvaluationApi {
  evaluate: {
    in: { cell: Cell; detectors: string[]; request: BackendRequest };
    out: CellSummary;
  };
  whatIf: {
    in: { cell: Cell; pool: PoolSpec; detector: string; alphas: number[]; request: BackendRequest };
    out: WhatIfPoint[];
  };
  /** Scores a kept evaluation again; a detector that looks at the images runs its pass first where it is missing. */
  rescore: { in: { target: ScoreTarget; choices: DetectorChoice[]; request: BackendRequest }; out: DetectorResult[] };
  scores: { in: { target: ScoreTarget; choice: DetectorChoice; request: BackendRequest }; out: ImageScores };
  /** scores.safetensors of a kept evaluation: confidences of every test image. */
  exportScores: {
    in: { target: ScoreTarget; choices: DetectorChoice[]; request: BackendRequest };
    out: Uint8Array<ArrayBuffer>;
  };
  /** Intervals of mean near and far AUROC over seeds × images, from kept evaluations; emits progress. */
  bootstrap: { in: BootstrapRequest & { request: BackendRequest }; out: BootstrapResult };
  /** What dropped files are, without importing them. */
  inspectImport: { in: { files: UploadedFile[] }; out: InspectedFile[] };
  /** Reads files as one evaluation, judges and keeps it; emits progress. */
  importEvaluation: {
    in: { files: UploadedFile[]; options: ImportOptions; request: BackendRequest };
    out: ImportedEvaluation;
  };
  /** Every evaluation that was imported, the newest first. */
  importedEvaluations: { in: null; out: ImportedEvaluation[] };
  deleteEvaluation: { in: string; out: null };
  /** Compares a pool with real images and keeps the report; emits progress; rejects with "stopped" when told so. */
  fidelity: { in: FidelityRequest & { request: BackendRequest }; out: FidelityRecord };
  /** Every report, the newest first. */
  fidelities: { in: null; out: FidelityRecord[] };
  deleteFidelity: { in: string; out: null };
  /** The v1.5 hyper-parameter search. */
  search: { in: { target: ScoreTarget; detector: string; request: BackendRequest }; out: SearchResult };
}

/** Any worker's methods by name. */
export type Api<T> = { [K in keyof T]: Method };

/** Answer of a worker: an error is data, with its code, since structured cloning drops the fields of an Error. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly name: string; readonly code: string; readonly message: string };

/** What a worker puts behind comlink. */
export interface WorkerEndpoint {
  hello(): Promise<{ protocol: number; worker: string }>;
  call(method: string, payload: unknown, onEvent: (event: ProgressEvent) => void): Promise<Reply<unknown>>;
  /** What the running job is asked to do from now on; read at its next step. */
  control(command: Command, liveAlpha: number | null): void;
}
