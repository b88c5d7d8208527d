import type { Benchmark } from "../../data/benchmark.ts";
import type { DetectorPreset } from "../../detection/detector.ts";
import { type Evaluation, evaluate, idSet } from "../../detection/evaluation/evaluate.ts";
import {
  discardEvaluation,
  finishEvaluation,
  type Keeping,
  storedSink,
} from "../../detection/evaluation/evaluationCache.ts";
import { chooseFeatureDtype, planEvaluation } from "../../detection/evaluation/evaluationPlan.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import type { Network } from "../../engine/network.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { AccuracyGate } from "../../study/rescore.ts";
import { acceptAccuracy, accuracyGate, type Expectation, idTestAccuracy } from "../imports/accuracyGate.ts";
import { type ClassifierCheckpoint, checkFits, openClassifier } from "../imports/classifierCheckpoint.ts";
import { stoppable } from "../stopping.ts";
import { imageProgress } from "./imageProgress.ts";
import { ensurePasses } from "./passes.ts";
import type { ScoreContext } from "./rescore.ts";
import type { OpenedTarget } from "./scoreTarget.ts";

export interface CheckpointJob extends ScoreContext {
  readonly checkpoint: ClassifierCheckpoint;
  readonly benchmark: Benchmark;
  readonly preset: DetectorPreset;
  /** Detectors that will score: those that look through the network get their passes. */
  readonly choices: readonly DetectorChoice[];
  readonly expectation: Expectation | null;
  /** Goes on behind a closed gate. */
  readonly acceptAccuracy: boolean;
  /** Where the evaluation is kept. */
  readonly prefix: string;
  /** Told as soon as the ID test set is passed, before any OOD image is looked at. */
  readonly onGate?: (gate: AccuracyGate) => void;
}

/** What a checkpoint gave: without a target where the gate stayed closed, and then nothing is kept either. */
export interface CheckpointEvaluation {
  readonly gate: AccuracyGate;
  readonly target: OpenedTarget | null;
}

/**
 * Evaluates a classifier from elsewhere on a benchmark: the ID test set first, and the others only once its accuracy
 * says that the classifier is read aright. On failure nothing stays under the prefix.
 */
export async function evaluateCheckpoint(job: CheckpointJob): Promise<CheckpointEvaluation> {
  const { checkpoint, benchmark, store, prefix } = job;
  const { info } = benchmark;
  checkFits(checkpoint, info);
  const engine = await job.engine();
  const network = await openClassifier(engine, checkpoint, info);
  try {
    const keeping: Keeping = { dtype: await featureDtype(job, network), backend: engine.backend.name };
    const gate = await judgeAccuracy(job, network, keeping);
    job.onGate?.(gate);
    if (!gate.open) {
      await discardEvaluation(store, prefix);
      return { gate, target: null };
    }
    const evaluation = await pass(job, network, keeping, benchmark);
    await finishEvaluation(store, prefix, evaluation, keeping);
    const { mean, std, sets } = info;
    const target = {
      evaluation,
      sets,
      preset: job.preset,
      normalisation: { mean, std },
      prefix,
      source: { benchmark, open: (other: typeof engine) => openClassifier(other, checkpoint, info) },
    };
    return { gate, target: await ensurePasses(target, job.choices, job) };
  } catch (error) {
    await discardEvaluation(store, prefix);
    throw error;
  } finally {
    network.dispose();
  }
}

async function judgeAccuracy(job: CheckpointJob, network: Network, keeping: Keeping): Promise<AccuracyGate> {
  const { benchmark, expectation, acceptAccuracy: accept } = job;
  const { info } = benchmark;
  const test = idSet(info.sets, "test");
  if (test === undefined) throw new WorkbenchError("benchmark-incomplete", `${info.title} has no ID test set.`);
  const evaluation = await pass(job, network, keeping, { ...boundLoads(benchmark), info: { ...info, sets: [test] } });
  const measured = idTestAccuracy(evaluation, info.sets);
  if (measured === null)
    throw new WorkbenchError("benchmark-incomplete", `The ID test set of ${info.title} has no labels.`);
  const gate = accuracyGate(measured.accuracy, measured.images, network.spec.classes, expectation);
  return accept ? acceptAccuracy(gate) : gate;
}

/** A set that the sink has already is not passed again. */
function pass(job: CheckpointJob, network: Network, keeping: Keeping, benchmark: Benchmark): Promise<Evaluation> {
  const sizes = { featureDim: network.featureDim, classes: network.spec.classes };
  return evaluate(network, benchmark, {
    sink: storedSink(job.store, job.prefix, sizes, keeping),
    turn: job.turn,
    ...stoppable(job.control, "The evaluation"),
    onProgress: imageProgress(job.emit),
  });
}

function boundLoads(benchmark: Benchmark): Pick<Benchmark, "load" | "loadSome"> {
  return {
    load: (name) => benchmark.load(name),
    loadSome: (name, indices) => benchmark.loadSome(name, indices),
  };
}

async function featureDtype({ store, benchmark, emit }: CheckpointJob, network: Network): Promise<Keeping["dtype"]> {
  const { used, quota } = await store.usage();
  const plan = (dtype: Keeping["dtype"]) =>
    planEvaluation(benchmark.info, network.featureDim, network.spec.classes, null, dtype);
  const chosen = chooseFeatureDtype("auto", plan, quota === null ? null : quota - used);
  if (chosen.notice !== null) emit({ kind: "notice", text: chosen.notice });
  return chosen.plan.dtype;
}
