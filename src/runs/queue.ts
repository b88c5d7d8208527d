import type { Json, Store } from "../storage/store.ts";
import type { Cell } from "../study/cell.ts";
import { codeOf, messageOf } from "../study/errors.ts";
import { type PoolRecord, type PoolSpec, poolOf } from "../study/pool.ts";
import type { CellSummary } from "../study/summary.ts";
import type { Command } from "./control.ts";
import type { Emit, ProgressEvent } from "./events.ts";
import { keys } from "./keys.ts";
import { isInterrupted, isSettled, nextStatus, type RunEventName, type RunStatus } from "./status.ts";

/** What does the work: three workers in the browser, plain functions in Node. */
export interface RunPorts {
  fillPool(spec: PoolSpec, emit: Emit): Promise<PoolRecord>;
  train(cell: Cell, live: boolean, emit: Emit): Promise<"finished" | "stopped">;
  evaluate(cell: Cell, emit: Emit): Promise<CellSummary>;
  /** To whichever of them works now. */
  control(command: Command, liveAlpha: number | null): void;
}

/** A run as it is kept: found again after a reload. */
export interface QueuedRun {
  readonly cell: Cell;
  readonly studyId: string;
  readonly status: RunStatus;
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** Follows the slider; never a point of a curve. */
  readonly live: boolean;
  /** ISO time. */
  readonly queued: string;
}

export interface QueueListener {
  changed(): void;
  event(cellId: string, event: ProgressEvent): void;
  finished(summary: CellSummary): void;
}

type Intent = "pause" | "stop" | "discard";

/**
 * Runs cells one after the other: pool, training, evaluation. Every change of status is stored before it is told.
 * A paused run holds the queue; a stopped one lets the next start. Both keep their checkpoint, to the step.
 */
export class RunQueue {
  private runs = new Map<string, QueuedRun>();
  private current: { id: string; ended: Promise<void> } | null = null;
  private intent: Intent | null = null;

  constructor(
    private readonly store: Store,
    private readonly ports: RunPorts,
    private readonly listener: QueueListener,
  ) {}

  /** Reads the stored runs; those that a crash or reload cut off are queued again and go on from their checkpoint. */
  async load(): Promise<void> {
    for (const key of await this.store.keys(keys.runs)) {
      const run = (await this.store.readMeta(key)) as unknown as QueuedRun;
      if (run.live && !isSettled(run.status)) {
        await this.forget(run.cell.id);
        continue;
      }
      this.runs.set(run.cell.id, run);
      if (isInterrupted(run.status)) await this.move(run.cell.id, "requeued");
    }
    this.pump();
  }

  /** In the order of queueing. */
  list(): readonly QueuedRun[] {
    return [...this.runs.values()].sort((a, b) => (a.queued < b.queued ? -1 : a.queued > b.queued ? 1 : 0));
  }

  /** Queues cells; those already waiting, running or done stay as they are. */
  async enqueue(studyId: string, cells: readonly Cell[], live = false): Promise<void> {
    const base = Date.now();
    for (const [k, cell] of cells.entries()) {
      const known = this.runs.get(cell.id);
      if (known && known.status !== "failed" && known.status !== "stopped") continue;
      const queued = new Date(base + k).toISOString();
      await this.keep({ cell, studyId, status: "queued", problem: null, live, queued });
    }
    this.pump();
  }

  /** Holds a run, and with it the queue. Resolves when the worker has saved and let go. */
  async pause(id: string): Promise<void> {
    if (this.current?.id === id) return this.interrupt("pause");
    throw new Error("Only a run that is working can be paused.");
  }

  async resume(id: string): Promise<void> {
    const status = this.runs.get(id)?.status;
    await this.move(id, status === "paused" ? "resumed" : "requeued");
    this.pump();
  }

  /** Ends a run and keeps its checkpoint. Resolves when the worker has saved and let go. */
  async stop(id: string): Promise<void> {
    if (this.current?.id === id) return this.interrupt("stop");
    await this.move(id, "stopped");
    this.pump();
  }

  /** Removes a run and all that it stored. */
  async discard(id: string): Promise<void> {
    if (this.current?.id === id) await this.interrupt("discard");
    await this.forget(id);
    this.listener.changed();
    this.pump();
  }

  /** Resolves when nothing is queued or working any more. */
  async idle(): Promise<void> {
    while (this.current !== null) await this.current.ended;
  }

  private async interrupt(intent: Intent): Promise<void> {
    this.intent = intent;
    this.ports.control("stop", null);
    await this.current?.ended;
  }

  private pump(): void {
    if (this.current !== null) return;
    const runs = this.list();
    if (runs.some((run) => run.status === "paused")) return;
    const next = runs.find((run) => run.status === "queued");
    if (next === undefined) return;
    this.intent = null;
    this.ports.control("run", null);
    const ended = this.work(next).finally(() => {
      this.current = null;
      this.pump();
    });
    this.current = { id: next.cell.id, ended };
  }

  /** Never rejects: what goes wrong becomes the run's status "failed". */
  private async work({ cell, live }: QueuedRun): Promise<void> {
    const { id } = cell;
    const emit: Emit = (event) => this.listener.event(id, event);
    try {
      const spec = poolOf(cell);
      await this.move(id, "pool-started");
      if (spec !== null) {
        const pool = await this.ports.fillPool(spec, emit);
        if (pool.filled < spec.size) return await this.settle(id);
      }
      if (this.intent !== null) return await this.settle(id);
      await this.move(id, "training-started");
      if ((await this.ports.train(cell, live, emit)) === "stopped") return await this.settle(id);
      if (live) return await this.move(id, "finished");
      await this.move(id, "evaluation-started");
      const summary = await this.ports.evaluate(cell, emit);
      await this.move(id, "finished");
      this.listener.finished(summary);
    } catch (error) {
      if (this.intent !== null) await this.settle(id);
      else await this.fail(id, error);
    }
  }

  /** After an interruption that the user asked for. */
  private async settle(id: string): Promise<void> {
    await this.move(id, this.intent === "pause" ? "paused" : "stopped");
  }

  /** A failure that cannot even be stored (a full disk, say) is still told. */
  private async fail(id: string, error: unknown): Promise<void> {
    const problem = { code: codeOf(error), message: messageOf(error) };
    try {
      await this.move(id, "failed", problem);
    } catch (storing) {
      const run = this.runs.get(id);
      const message = `${problem.message} This could not be stored either: ${messageOf(storing)}`;
      if (run) this.runs.set(id, { ...run, status: "failed", problem: { ...problem, message } });
      this.listener.changed();
    }
  }

  private async move(id: string, event: RunEventName, problem: QueuedRun["problem"] = null): Promise<void> {
    const run = this.runs.get(id);
    if (run === undefined) throw new Error(`There is no run "${id}".`);
    await this.keep({ ...run, status: nextStatus(run.status, event), problem });
  }

  private async keep(run: QueuedRun): Promise<void> {
    await this.store.write([[keys.run(run.cell.id), { meta: run as unknown as Json, arrays: {} }]]);
    this.runs.set(run.cell.id, run);
    this.listener.changed();
  }

  private async forget(id: string): Promise<void> {
    this.runs.delete(id);
    await this.store.deleteAll(keys.cell(id));
    await this.store.write([[keys.run(id), null]]);
  }
}
