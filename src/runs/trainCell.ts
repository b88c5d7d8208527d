import type { Benchmark } from "../data/benchmark.ts";
import type { Engine, Network } from "../engine/network.ts";
import type { GeneratorContext } from "../generators/generator.ts";
import { initialState } from "../networks/init.ts";
import type { Store } from "../storage/store.ts";
import type { Cell } from "../study/cell.ts";
import { WorkbenchError } from "../study/errors.ts";
import { poolOf } from "../study/pool.ts";
import { totalSteps } from "../study/recipe.ts";
import { type Checkpoint, checkpointFromEntry } from "../training/checkpoint.ts";
import { type StepReport, train } from "../training/loop.ts";
import { trainingMethod } from "../training/methods/registry.ts";
import { loadRealImages } from "./benchmarks.ts";
import { CheckpointWriter } from "./checkpointWriter.ts";
import type { Control } from "./control.ts";
import { Eta, Throttle } from "./eta.ts";
import { validator } from "./evaluation/validation.ts";
import type { Emit, StepPoint } from "./events.ts";
import { keys } from "./keys.ts";
import { openPool } from "./pools/openPool.ts";

const EVENT_INTERVAL_MS = 250;

export interface TrainCellJob {
  readonly cell: Cell;
  readonly benchmark: Benchmark;
  readonly store: Store;
  readonly generators: GeneratorContext;
  readonly engine: Engine;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Follow the slider: the run then is a trajectory, is not kept and cannot be resumed. */
  readonly live: boolean;
}

/**
 * Trains a cell, from its checkpoint where there is one, and keeps a checkpoint every epoch.
 *
 * Rejects with the code "engine-failed" when the engine is lost (GPU gone, kernel thread crashed): trained again on a
 * fresh engine, the cell goes on from its checkpoint.
 */
export async function trainCell(job: TrainCellJob): Promise<"finished" | "stopped"> {
  const { cell, benchmark, store, engine } = job;
  const real = await loadRealImages(benchmark, cell.recipe.realCount);
  const spec = poolOf(cell);
  const pool = spec === null ? null : await openPool(job.generators, benchmark, spec);
  const resume = job.live ? null : await readCheckpoint(store, cell);
  const total = totalSteps(cell.recipe, real.count);
  const writer = new CheckpointWriter(store, cell, total, resume);
  const network = await createCellNetwork(engine, benchmark, cell);
  try {
    await network.importState(resume?.state ?? initialState(network.spec, cell.seed));
    if (resume !== null && resume.step >= total) return "finished";
    job.emit({ kind: "backend", backend: engine.backend });
    for (const point of resume?.history ?? []) job.emit({ kind: "history", point });
    const reporter = new StepReporter(job.emit, total);
    return await train({
      cell,
      network,
      loss: trainingMethod(cell.method).loss,
      real,
      pool,
      resume,
      validate: await validator(benchmark, network),
      onStep: (report) => reporter.add(report),
      onHistory: (point) => job.emit({ kind: "history", point }),
      save: async (checkpoint) => {
        if (!job.live) await writer.write(checkpoint, network);
      },
      command: () => job.control.command(),
      liveAlpha: () => (job.live ? job.control.liveAlpha() : null),
      breathe: () => job.control.breathe(),
      turn: job.turn,
    });
  } catch (error) {
    if (engine.failure === null) throw error;
    throw new WorkbenchError("engine-failed", `${engine.failure.message} ${keptText(writer.keptStep, total)}`, {
      cause: error,
    });
  } finally {
    network.dispose();
  }
}

function keptText(step: number | null, total: number): string {
  if (step === null) return "No checkpoint was kept; run the cell again from the start.";
  return `The checkpoint of step ${step} of ${total} is kept; run the cell again to go on from it.`;
}

/** A network of the cell's size on this engine; its weights are whatever the engine starts with. */
export function createCellNetwork(engine: Engine, benchmark: Benchmark, cell: Cell): Promise<Network> {
  const { height, mean, std, classNames } = benchmark.info;
  return engine.createNetwork(
    { architecture: cell.network, width: cell.width, classes: classNames.length, imageSize: height },
    { maxBatch: cell.recipe.batch, normalisation: { mean, std } },
  );
}

export async function readCheckpoint(store: Store, cell: Cell): Promise<Checkpoint | null> {
  const entry = await store.read(keys.checkpoint(cell.id));
  return entry === undefined ? null : checkpointFromEntry(entry);
}

/** The checkpoint whose numbers are reported: the last epoch, or the one that was best on ID-val. */
export async function readReported(store: Store, cell: Cell): Promise<{ checkpoint: Checkpoint; last: Checkpoint }> {
  const last = await readCheckpoint(store, cell);
  if (last === null) {
    throw new WorkbenchError("not-trained", `The cell "${cell.id}" has no checkpoint. Train it first.`);
  }
  if (cell.recipe.selection === "last") return { checkpoint: last, last };
  const entry = await store.read(keys.best(cell.id));
  return { checkpoint: entry === undefined ? last : checkpointFromEntry(entry), last };
}

/** The step of the checkpoint that is reported, without its weights; undefined where the cell has none. */
export async function readReportedStep(store: Store, cell: Cell): Promise<number | undefined> {
  const last = await store.readMeta(keys.checkpoint(cell.id));
  const best = cell.recipe.selection === "last" ? undefined : await store.readMeta(keys.best(cell.id));
  return ((best ?? last) as { readonly step: number } | undefined)?.step;
}

/** Collects steps and tells of them at most four times a second. */
class StepReporter {
  private points: StepPoint[] = [];
  private readonly throttle = new Throttle(EVENT_INTERVAL_MS);
  private readonly eta: Eta;

  constructor(
    private readonly emit: Emit,
    private readonly total: number,
  ) {
    this.eta = new Eta(total);
  }

  add(report: StepReport): void {
    const { step, loss, accuracy, alpha, lr, realImages } = report;
    this.points.push({ step, loss, accuracy, alpha, lr, realImages });
    const etaSeconds = this.eta.mark(step);
    if (!this.throttle.ready() && step < this.total) return;
    this.emit({ kind: "steps", points: this.points });
    this.emit({ kind: "progress", phase: "train", done: step, total: this.total, unit: "steps", etaSeconds });
    this.points = [];
  }
}
