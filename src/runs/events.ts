import type { BackendRecord } from "../study/backend.ts";
import type { HistoryPoint } from "../study/result.ts";

export type Phase = "pool" | "train" | "evaluate";

/** One optimiser step as the live chart draws it. */
export interface StepPoint {
  readonly step: number;
  readonly loss: number;
  /** Share of the batch that was right. */
  readonly accuracy: number;
  readonly alpha: number;
  readonly lr: number;
  readonly realImages: number;
}

/** What a worker tells while it works; at most 4 a second. */
export type ProgressEvent =
  | { readonly kind: "backend"; readonly backend: BackendRecord }
  | {
      readonly kind: "progress";
      readonly phase: Phase;
      readonly done: number;
      readonly total: number;
      /** "images" or "steps". */
      readonly unit: string;
      /** null until it can be told. */
      readonly etaSeconds: number | null;
    }
  /** All steps since the last such event. */
  | { readonly kind: "steps"; readonly points: readonly StepPoint[] }
  | { readonly kind: "history"; readonly point: HistoryPoint }
  /** Something the user should know that does not stop the run. */
  | { readonly kind: "notice"; readonly text: string };

export type Emit = (event: ProgressEvent) => void;
