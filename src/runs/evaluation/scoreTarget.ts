import type { SetInfo } from "../../data/benchmark.ts";
import type { DetectorPreset } from "../../detection/detector.ts";
import type { Evaluation } from "../../detection/evaluation/evaluate.ts";
import { readEvaluation } from "../../detection/evaluation/evaluationCache.ts";
import { detectorPreset } from "../../detection/params.ts";
import type { Engine, Normalisation } from "../../engine/network.ts";
import type { Store } from "../../storage/store.ts";
import type { Cell } from "../../study/cell.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { ImportedEvaluation, ScoreTarget } from "../../study/rescore.ts";
import { openBenchmark } from "../benchmarks.ts";
import { openClassifier } from "../imports/classifierCheckpoint.ts";
import { readImportedClassifier } from "../imports/importedClassifier.ts";
import { keys } from "../keys.ts";
import { readReported, readReportedStep } from "../trainCell.ts";
import { type NetworkSource, openTrained } from "./trainedNetwork.ts";

/** An evaluation opened for scoring. */
export interface OpenedTarget {
  readonly evaluation: Evaluation;
  readonly sets: readonly SetInfo[];
  readonly preset: DetectorPreset;
  /** null where no network stands behind the numbers. */
  readonly normalisation: Normalisation | null;
  /** Where its evaluation is kept. */
  readonly prefix: string;
  /** The classifier and its images, for detectors that look through the network; null where they are not here. */
  readonly source: NetworkSource | null;
}

/** Reads an evaluation, or one that is still opened. */
type ReadEvaluation = typeof readEvaluation;

/** Opens the evaluation of a cell or an import. Rejects with "not-evaluated" where its features are not kept here. */
export async function openTarget(
  store: Store,
  target: ScoreTarget,
  read: ReadEvaluation = readEvaluation,
): Promise<OpenedTarget> {
  return target.kind === "cell" ? openCell(store, target.cell, read) : openImport(store, target.id, read);
}

async function openCell(store: Store, cell: Cell, read: ReadEvaluation): Promise<OpenedTarget> {
  const benchmark = await openBenchmark(cell.benchmark, store);
  // The weights, of which a wide network has 90 MB, are read only by what looks through the network.
  const step = await readReportedStep(store, cell);
  if (step === undefined) throw notEvaluated(cell.id);
  const prefix = keys.activations(cell.id, String(step));
  const evaluation = await read(store, prefix);
  if (evaluation === undefined) throw notEvaluated(cell.id);
  const { mean, std, sets } = benchmark.info;
  return {
    evaluation,
    sets,
    preset: detectorPreset(cell.preset),
    normalisation: { mean, std },
    prefix,
    source: {
      benchmark,
      open: async (engine) => openTrained(engine, benchmark, cell, (await readReported(store, cell)).checkpoint),
    },
  };
}

async function openImport(store: Store, id: string, read: ReadEvaluation): Promise<OpenedTarget> {
  const record = (await store.readMeta(keys.imported(id))) as ImportedEvaluation | undefined;
  const prefix = keys.importedActivations(id);
  const evaluation = await read(store, prefix);
  if (record === undefined || evaluation === undefined) throw notEvaluated(id);
  const { sets, preset } = record;
  const classifier = await readImportedClassifier(store, id);
  if (record.benchmark === null || classifier === undefined) {
    return { evaluation, sets, preset, normalisation: null, prefix, source: null };
  }
  const benchmark = await openBenchmark(record.benchmark, store);
  const { mean, std } = benchmark.info;
  const source = { benchmark, open: (engine: Engine) => openClassifier(engine, classifier, { mean, std }) };
  return { evaluation, sets, preset, normalisation: { mean, std }, prefix, source };
}

function notEvaluated(what: string): WorkbenchError {
  return new WorkbenchError(
    "not-evaluated",
    `The features of "${what}" are not kept here, so it cannot be scored again. Run the cell here first.`,
  );
}
