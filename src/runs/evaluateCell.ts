import type { Benchmark } from "../data/benchmark.ts";
import { type Evaluation, evaluate } from "../detection/evaluate.ts";
import { evaluationRecords, readEvaluation } from "../detection/evaluationCache.ts";
import { detectorPreset } from "../detection/params.ts";
import { classifierAccuracies, summariseDetectors } from "../detection/summarise.ts";
import type { DenseKernels } from "../engine/dense/kernels.ts";
import type { Engine } from "../engine/network.ts";
import { createGenerator } from "../generators/registry.ts";
import type { Json, Store } from "../storage/store.ts";
import type { Cell } from "../study/cell.ts";
import { WorkbenchError } from "../study/errors.ts";
import { batchSplit } from "../study/recipe.ts";
import { type CellSummary, CONVERGED_ACCURACY } from "../study/summary.ts";
import { VERSION } from "../study/version.ts";
import type { Checkpoint } from "../training/checkpoint.ts";
import { loadRealImages } from "./benchmarks.ts";
import type { Control } from "./control.ts";
import { Eta, Throttle } from "./eta.ts";
import type { Emit } from "./events.ts";
import { keys } from "./keys.ts";
import { createCellNetwork, readReported } from "./trainCell.ts";

export interface EvaluateCellJob {
  readonly cell: Cell;
  readonly benchmark: Benchmark;
  readonly store: Store;
  readonly engine: Engine;
  readonly kernels: DenseKernels;
  readonly detectors: readonly string[];
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Evaluates a trained cell once: features and logits of every split are kept, so that another detector or
 * hyper-parameter is a re-score without a forward pass. Keeps and returns the summary.
 */
export async function evaluateCell(job: EvaluateCellJob): Promise<CellSummary> {
  const { cell, store } = job;
  const { checkpoint, last } = await readReported(store, cell);
  const started = performance.now();
  const prefix = keys.activations(cell.id, String(checkpoint.step));
  const cached = await readEvaluation(store, prefix);
  const evaluation = cached ?? (await forwardAll(job, checkpoint));
  const summary = await summarise(
    job,
    evaluation,
    checkpoint,
    last,
    last.seconds + (performance.now() - started) / 1000,
  );
  const records = cached === undefined ? await evaluationRecords(prefix, evaluation) : [];
  await store.write([...records, [keys.summary(cell.id), { meta: summary as unknown as Json, arrays: {} }]]);
  return summary;
}

async function forwardAll(job: EvaluateCellJob, checkpoint: Checkpoint): Promise<Evaluation> {
  const { cell, benchmark, engine, control, emit } = job;
  const network = await createCellNetwork(engine, benchmark, cell);
  const stop = new AbortController();
  const throttle = new Throttle(250);
  let eta: Eta | null = null;
  try {
    await network.importState(checkpoint.state);
    return await evaluate(network, benchmark, {
      trainCount: cell.recipe.realCount,
      signal: stop.signal,
      turn: job.turn,
      breathe: async () => {
        await control.breathe();
        if (control.command() === "stop") stop.abort(new WorkbenchError("stopped", "The evaluation was stopped."));
      },
      onProgress: (done, total) => {
        eta ??= new Eta(total);
        const etaSeconds = eta.mark(done);
        if (throttle.ready() || done === total) {
          emit({ kind: "progress", phase: "evaluate", done, total, unit: "images", etaSeconds });
        }
      },
    });
  } finally {
    network.dispose();
  }
}

async function summarise(
  job: EvaluateCellJob,
  evaluation: Evaluation,
  checkpoint: Checkpoint,
  last: Checkpoint,
  wallSeconds: number,
): Promise<CellSummary> {
  const { cell, benchmark } = job;
  const { info } = benchmark;
  const accuracies = classifierAccuracies(evaluation, info);
  if (accuracies.idTest === null) throw new WorkbenchError("benchmark-incomplete", `${info.title} has no ID test set.`);
  const generator = cell.generator === null ? null : await createGenerator(cell.generator, benchmark);
  return {
    cell,
    backend: job.engine.backend,
    alphaEffective: batchSplit(cell.recipe.batch, cell.alpha).effective,
    realImages: (await loadRealImages(benchmark, cell.recipe.realCount)).count,
    syntheticDraws: last.syntheticDraws,
    epochs: last.history.at(-1)?.epoch ?? 0,
    steps: last.step,
    wallSeconds,
    trainAccuracy: last.trainAccuracy,
    converged: last.trainAccuracy >= CONVERGED_ACCURACY,
    idAccuracy: accuracies.idTest,
    diagnosticAccuracy: accuracies.diagnostic,
    reportedEpoch: checkpoint.history.at(-1)?.epoch ?? 0,
    detectors: await summariseDetectors(
      evaluation,
      info.sets,
      job.detectors.map((name) => ({ name })),
      { preset: detectorPreset(cell.preset), kernels: job.kernels, normalisation: { mean: info.mean, std: info.std } },
    ),
    history: last.history,
    provenance: generator?.info.provenance ?? null,
    benchmarkFingerprint: info.fingerprint,
    generatorFingerprint: generator?.fingerprint ?? null,
    version: VERSION,
    finished: new Date().toISOString(),
  };
}
