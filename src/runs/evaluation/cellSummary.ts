import type { Benchmark } from "../../data/benchmark.ts";
import type { Evaluation } from "../../detection/evaluation/evaluate.ts";
import { classifierAccuracies } from "../../detection/scoring/summarise.ts";
import type { Engine } from "../../engine/network.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import type { Store } from "../../storage/store.ts";
import type { Cell } from "../../study/cell.ts";
import { WorkbenchError } from "../../study/errors.ts";
import { poolOf } from "../../study/pool.ts";
import { batchSplit } from "../../study/recipe.ts";
import { type CellSummary, CONVERGED_ACCURACY, type PoolUse } from "../../study/summary.ts";
import { VERSION } from "../../study/version.ts";
import type { Checkpoint } from "../../training/checkpoint.ts";
import { loadRealImages } from "../benchmarks.ts";
import { windowOf } from "../pools/openPool.ts";
import { poolId, readPoolRecord } from "../pools/poolRecord.ts";

/** What is known of a cell without looking at its training: the outcome of its evaluation. */
type Outcome = Pick<CellSummary, "detectors" | "wallSeconds" | "featureCache" | "scoring">;

interface Evaluated {
  readonly cell: Cell;
  readonly benchmark: Benchmark;
  readonly engine: Engine;
  readonly generators: GeneratorContext;
}

/** The summary of an evaluated cell. */
export async function summaryOf(
  { cell, benchmark, engine, generators }: Evaluated,
  evaluation: Evaluation,
  { checkpoint, last }: { readonly checkpoint: Checkpoint; readonly last: Checkpoint },
  outcome: Outcome,
): Promise<CellSummary> {
  const { info } = benchmark;
  const accuracies = classifierAccuracies(evaluation, info);
  if (accuracies.idTest === null) throw new WorkbenchError("benchmark-incomplete", `${info.title} has no ID test set.`);
  const generator = cell.generator === null ? null : await createGenerator(cell.generator, benchmark, generators);
  const pool = generator === null ? null : await poolUse(cell, generator.fingerprint, info, generators.store);
  return {
    cell,
    backend: engine.backend,
    alphaEffective: batchSplit(cell.recipe.batch, cell.alpha).effective,
    realImages: (await loadRealImages(benchmark, cell.recipe.realCount)).count,
    syntheticDraws: last.syntheticDraws,
    epochs: last.history.at(-1)?.epoch ?? 0,
    steps: last.step,
    trainAccuracy: last.trainAccuracy,
    converged: last.trainAccuracy >= CONVERGED_ACCURACY,
    idAccuracy: accuracies.idTest,
    diagnosticAccuracy: accuracies.diagnostic,
    reportedEpoch: checkpoint.history.at(-1)?.epoch ?? 0,
    ...outcome,
    history: last.history,
    provenance: generator?.info.provenance ?? null,
    benchmarkFingerprint: info.fingerprint,
    generatorFingerprint: generator?.fingerprint ?? null,
    ...(pool === null ? {} : { pool }),
    version: VERSION,
    finished: new Date().toISOString(),
  };
}

async function poolUse(
  cell: Cell,
  fingerprint: string,
  info: Benchmark["info"],
  store: Store,
): Promise<PoolUse | null> {
  const spec = poolOf(cell);
  if (spec === null) return null;
  const id = poolId(spec, fingerprint);
  const record = await readPoolRecord(store, id);
  return {
    id,
    form: record?.form ?? "pixels",
    order: windowOf(spec, info) ?? "whole",
    pseudoLabels: record?.pseudoLabels ?? null,
  };
}
