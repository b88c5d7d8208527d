import { plainKernels } from "../src/engine/dense/plain.ts";
import type { Engine } from "../src/engine/network.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { ControlSwitch } from "../src/runs/control.ts";
import { evaluateCell } from "../src/runs/evaluateCell.ts";
import { fillPool } from "../src/runs/poolJob.ts";
import type { RunPorts } from "../src/runs/queue.ts";
import { trainCell } from "../src/runs/trainCell.ts";
import type { Store } from "../src/storage/store.ts";

/**
 * The three workers' jobs as plain functions of this process: one after the other needs no turns.
 *
 * @param engine asked for before every job, so that a failed engine can be replaced
 */
export function nodePorts(store: Store, engine: () => Promise<Engine>, detectors: readonly string[]): RunPorts {
  const control = new ControlSwitch();
  const turn = <T>(work: () => Promise<T>): Promise<T> => work();
  return {
    fillPool: async (spec, emit) => {
      const benchmark = await openBenchmark(spec.benchmark, store);
      return fillPool({ benchmark, spec, store, control, emit, turn });
    },
    train: async (cell, live, emit) => {
      const benchmark = await openBenchmark(cell.benchmark, store);
      return trainCell({ cell, benchmark, store, engine: await engine(), control, emit, turn, live });
    },
    evaluate: async (cell, emit) => {
      const benchmark = await openBenchmark(cell.benchmark, store);
      return evaluateCell({
        cell,
        benchmark,
        store,
        engine: await engine(),
        kernels: plainKernels,
        detectors,
        control,
        emit,
        turn,
      });
    },
    control: (command, alpha) => control.set(command, alpha),
  };
}
