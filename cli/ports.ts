import type { FeatureDtypeChoice } from "../src/detection/evaluation/evaluationPlan.ts";
import type { DetectorScores } from "../src/detection/scoring/scoreSets.ts";
import type { DenseKernels } from "../src/engine/dense/kernels.ts";
import type { Engine } from "../src/engine/network.ts";
import type { GeneratorContext } from "../src/generators/generator.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import type { Control } from "../src/runs/control.ts";
import { evaluateCell } from "../src/runs/evaluation/evaluateCell.ts";
import type { ScoreContext } from "../src/runs/evaluation/rescore.ts";
import type { Emit } from "../src/runs/events.ts";
import { fillPool } from "../src/runs/pools/fillPool.ts";
import type { RunPorts } from "../src/runs/queue.ts";
import { trainCell } from "../src/runs/trainCell.ts";
import type { Store } from "../src/storage/store.ts";

/** What this process computes with. */
export interface NodeMachine {
  readonly store: Store;
  readonly generators: GeneratorContext;
  /** Asked before every job, so that a failed engine can be replaced. */
  readonly engine: () => Promise<Engine>;
  /** Opened when first asked for. */
  readonly kernels: () => Promise<DenseKernels>;
  readonly features: FeatureDtypeChoice;
  readonly control: Control;
  /** Takes the scores of a cell that was just evaluated. */
  readonly onScores?: (cellId: string, scores: DetectorScores) => void;
}

const turn = <T>(work: () => Promise<T>): Promise<T> => work();

/** The three workers' jobs as plain functions of this process: one after the other needs no turns. */
export function nodePorts(machine: NodeMachine, detectors: readonly string[]): Omit<RunPorts, "control"> {
  const { store, generators, engine, features, control } = machine;
  return {
    fillPool: async (spec, emit) => {
      const benchmark = await openBenchmark(spec.benchmark, store);
      return fillPool({ benchmark, spec, generators, control, emit, turn });
    },
    train: async (cell, live, emit) => {
      const benchmark = await openBenchmark(cell.benchmark, store);
      return trainCell({ cell, benchmark, store, generators, engine: await engine(), control, emit, turn, live });
    },
    evaluate: async (cell, emit) => {
      const benchmark = await openBenchmark(cell.benchmark, store);
      const kernels = await machine.kernels();
      const onScores = (scores: DetectorScores) => machine.onScores?.(cell.id, scores);
      const job = { cell, benchmark, store, generators, kernels, detectors, features, control, emit, turn, onScores };
      return evaluateCell({ ...job, engine: await engine() });
    },
  };
}

/** What re-scores of this process run with. */
export async function scoreContext(
  { store, engine, kernels, control }: NodeMachine,
  emit: Emit,
): Promise<ScoreContext> {
  return { store, engine, kernels: await kernels(), control, emit, turn };
}
