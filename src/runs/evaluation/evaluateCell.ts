import type { Benchmark } from "../../data/benchmark.ts";
import { type Evaluation, evaluate } from "../../detection/evaluation/evaluate.ts";
import {
  begunDtype,
  discardEvaluation,
  finishEvaluation,
  type KeptEvaluation,
  readEvaluation,
  storedSink,
} from "../../detection/evaluation/evaluationCache.ts";
import {
  chooseFeatureDtype,
  type FeatureDtypeChoice,
  planEvaluation,
} from "../../detection/evaluation/evaluationPlan.ts";
import type { FeatureDtype } from "../../detection/evaluation/featureChunks.ts";
import { detectorPreset } from "../../detection/params.ts";
import type { DetectorScores } from "../../detection/scoring/scoreSets.ts";
import { summariseDetectors } from "../../detection/scoring/summarise.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import type { Engine, Network } from "../../engine/network.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { type Json, type Store, StoreError } from "../../storage/store.ts";
import type { Cell } from "../../study/cell.ts";
import { messageOf } from "../../study/errors.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { Checkpoint } from "../../training/checkpoint.ts";
import type { Control } from "../control.ts";
import type { Emit } from "../events.ts";
import { keys } from "../keys.ts";
import { stoppable } from "../stopping.ts";
import { readReported } from "../trainCell.ts";
import { summaryOf } from "./cellSummary.ts";
import { imageProgress } from "./imageProgress.ts";
import { ensurePasses } from "./passes.ts";
import { scoringOf } from "./rescore.ts";
import { openTrained } from "./trainedNetwork.ts";

export interface EvaluateCellJob {
  readonly cell: Cell;
  readonly benchmark: Benchmark;
  readonly store: Store;
  readonly generators: GeneratorContext;
  readonly engine: Engine;
  readonly kernels: DenseKernels;
  readonly detectors: readonly string[];
  /** How features are kept; "auto" where it is left out. */
  readonly features?: FeatureDtypeChoice;
  /** Takes the confidences of each detector, which the summary does not hold. */
  readonly onScores?: (scores: DetectorScores) => void;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Evaluates a trained cell once: features and logits of every split are kept as they are computed, so that another
 * detector or hyper-parameter is a re-score without a forward pass, and an evaluation that was cut off goes on with the
 * set that was on its way. Keeps and returns the summary.
 *
 * Rejects with "stopped" when the control says so, "no-room" where the features do not fit into storage.
 */
export async function evaluateCell(job: EvaluateCellJob): Promise<CellSummary> {
  const { cell, store, benchmark } = job;
  const { info } = benchmark;
  const { checkpoint, last } = await readReported(store, cell);
  const started = performance.now();
  const prefix = keys.activations(cell.id, String(checkpoint.step));
  const kept = (await readWhole(job, prefix)) ?? (await forwardAll(job, checkpoint, prefix));
  const choices = job.detectors.map((name) => ({ name }));
  const target = await ensurePasses(
    {
      evaluation: kept.evaluation,
      sets: info.sets,
      preset: detectorPreset(cell.preset),
      normalisation: { mean: info.mean, std: info.std },
      prefix,
      source: { benchmark, open: (engine) => openTrained(engine, benchmark, cell, checkpoint) },
    },
    choices,
    { ...job, engine: async () => job.engine },
  );
  const scoring = scoringOf(target, { ...job, engine: async () => job.engine });
  const detectors = await summariseDetectors(target.evaluation, info.sets, choices, scoring, job.onScores);
  const summary = await summaryOf(
    job,
    target.evaluation,
    { checkpoint, last },
    {
      detectors,
      wallSeconds: last.seconds + (performance.now() - started) / 1000,
      featureCache: kept.dtype,
      scoring: { variant: job.kernels.variant, threads: job.kernels.threads },
    },
  );
  await store.write([[keys.summary(cell.id), { meta: summary as unknown as Json, arrays: {} }]]);
  return summary;
}

interface Kept {
  readonly evaluation: Evaluation;
  readonly dtype: FeatureDtype;
}

/** The evaluation as an earlier call kept it; a damaged one is replaced, not fatal. */
async function readWhole({ store, emit }: EvaluateCellJob, prefix: string): Promise<Kept | undefined> {
  try {
    const evaluation: KeptEvaluation | undefined = await readEvaluation(store, prefix);
    return evaluation && { evaluation, dtype: evaluation.dtype };
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "corrupt")) throw error;
    emit({ kind: "notice", text: `${messageOf(error)} It is evaluated again now.` });
    await discardEvaluation(store, prefix);
    return undefined;
  }
}

async function forwardAll(job: EvaluateCellJob, checkpoint: Checkpoint, prefix: string): Promise<Kept> {
  const { cell, benchmark, store, control, emit, turn } = job;
  const network = await openTrained(job.engine, benchmark, cell, checkpoint);
  try {
    const dtype = (await begunDtype(store, prefix)) ?? (await plannedDtype(job, network));
    const keeping = { dtype, backend: job.engine.backend.name };
    const sizes = { featureDim: network.featureDim, classes: network.spec.classes };
    const evaluation = await evaluate(network, benchmark, {
      trainCount: cell.recipe.realCount,
      sink: storedSink(store, prefix, sizes, keeping),
      turn,
      ...stoppable(control, "The evaluation"),
      onProgress: imageProgress(emit),
    });
    await finishEvaluation(store, prefix, evaluation, keeping);
    return { evaluation, dtype };
  } finally {
    network.dispose();
  }
}

async function plannedDtype(job: EvaluateCellJob, network: Network): Promise<FeatureDtype> {
  const { cell, benchmark, store, emit, features = "auto" } = job;
  const plan = (dtype: FeatureDtype) =>
    planEvaluation(benchmark.info, network.featureDim, network.spec.classes, cell.recipe.realCount, dtype);
  const { used, quota } = await store.usage();
  const chosen = chooseFeatureDtype(features, plan, quota === null ? null : quota - used);
  if (chosen.notice !== null) emit({ kind: "notice", text: chosen.notice });
  return chosen.plan.dtype;
}
