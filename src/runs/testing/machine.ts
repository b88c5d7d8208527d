import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import type { BackendRequest } from "../../engine/backend.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import { EngineKeeper } from "../../engine/keeper.ts";
import type { Engine } from "../../engine/network.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { Cell } from "../../study/cell.ts";
import type { CellSummary } from "../../study/summary.ts";
import { ControlSwitch } from "../control.ts";
import { evaluateCell } from "../evaluation/evaluateCell.ts";
import { fillPool } from "../pools/fillPool.ts";
import { RunQueue } from "../queue.ts";
import { trainCell } from "../trainCell.ts";

/** Shapes with a handful of images in every set; rendering takes longer than training on them. */
const benchmark = shapesBenchmark({
  train: 64,
  id_val: 20,
  id_test: 30,
  id_test_shuffled_hues: 20,
  near_unseen: 30,
  near_val: 20,
  far_glyphs: 20,
  far_digits: 20,
  far_textures: 20,
  far_scenes: 20,
  far_val: 20,
});
const request: BackendRequest = { backend: "auto", threads: 2, reproducible: true, allowSoftware: false };
const turn = <T>(work: () => Promise<T>): Promise<T> => work();

/** What a run is at when the test disturbs it. */
export type Job = "pool" | "training" | "evaluation";

/** A queue whose jobs run in this thread on a kept engine, as the workers run them; the test says what happens when. */
export class Machine {
  readonly store = new MemoryStore();
  readonly summaries: CellSummary[] = [];
  /** Called after each optimiser step and each slice of a pool or an evaluation. */
  disturb: (during: Job) => void = () => {};
  readonly queue: RunQueue;
  private readonly keeper: EngineKeeper;

  constructor(open: () => Promise<Engine>) {
    this.keeper = new EngineKeeper(open);
    this.queue = new RunQueue(
      this.store,
      {
        fillPool: (spec, emit) => fillPool({ ...this.job("pool"), spec, emit }),
        train: async (cell, live, emit) => {
          const engine = await this.keeper.engineFor(request);
          return trainCell({ ...this.job("training"), cell, engine, live, emit });
        },
        evaluate: async (cell, emit) => {
          const engine = await this.keeper.engineFor(request);
          return evaluateCell({
            ...this.job("evaluation"),
            cell,
            engine,
            kernels: plainKernels,
            detectors: ["msp", "knn"],
            emit,
          });
        },
        control: () => {},
      },
      { changed: () => {}, event: () => {}, finished: (summary) => void this.summaries.push(summary) },
    );
  }

  async run(...cells: Cell[]): Promise<void> {
    await this.queue.enqueue("s", cells);
    await this.queue.idle();
  }

  /** Runs a cell that failed once more. */
  async again(cell: Cell): Promise<void> {
    await this.queue.resume(cell.id);
    await this.queue.idle();
  }

  statuses(): string[] {
    return this.queue.list().map(({ status }) => status);
  }

  /** Code and message of the cell's failure. */
  problem(cell: Cell): { readonly code: string; readonly message: string } | null {
    return this.queue.list().find((run) => run.cell.id === cell.id)?.problem ?? null;
  }

  async close(): Promise<void> {
    (await this.keeper.engineFor(request)).dispose();
  }

  private job(during: Job) {
    const control = new ControlSwitch();
    const disturbed = Object.assign(Object.create(control) as ControlSwitch, {
      breathe: () => {
        this.disturb(during);
        return control.breathe();
      },
    });
    return { benchmark, store: this.store, generators: bareContext(this.store), control: disturbed, turn };
  }
}
