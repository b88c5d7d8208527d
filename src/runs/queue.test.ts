import { describe, expect, it } from "vitest";
import { MemoryStore } from "../storage/memory.ts";
import type { CellSummary } from "../study/summary.ts";
import type { Command } from "./control.ts";
import { keys } from "./keys.ts";
import { type QueuedRun, type RunPorts, RunQueue } from "./queue.ts";
import { tinyCell } from "./testCell.ts";

/** Ports whose training ends when the test says so. */
class Bench implements RunPorts {
  readonly log: string[] = [];
  commands: Command[] = [];
  private endTraining: ((state: "finished" | "stopped") => void) | null = null;
  failWith: Error | null = null;

  async fillPool(spec: Parameters<RunPorts["fillPool"]>[0]) {
    this.log.push(`pool ${spec.generator}`);
    return { id: "p", spec, generatorFingerprint: "f", filled: spec.size, bytes: 0 };
  }

  train(cell: { id: string }): Promise<"finished" | "stopped"> {
    this.log.push(`train ${cell.id}`);
    if (this.failWith) return Promise.reject(this.failWith);
    return new Promise((resolve) => {
      this.endTraining = resolve;
    });
  }

  async evaluate(cell: { id: string }) {
    this.log.push(`evaluate ${cell.id}`);
    return { cell } as unknown as CellSummary;
  }

  control(command: Command): void {
    this.commands.push(command);
    if (command !== "stop") return;
    this.endTraining?.("stopped");
    this.endTraining = null;
  }

  async finishTraining(): Promise<void> {
    while (this.endTraining === null) await tick();
    const end = this.endTraining;
    this.endTraining = null;
    end("finished");
  }
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
const silent = { changed: () => {}, event: () => {}, finished: () => {} };
const a = tinyCell({ alpha: 1, seed: 1 });
const b = tinyCell({ alpha: 0.5, seed: 2 });

function statusOf(queue: RunQueue, id: string) {
  return queue.list().find((run) => run.cell.id === id)?.status;
}

describe("RunQueue", () => {
  it("pools, trains and evaluates one cell after the other", async () => {
    const bench = new Bench();
    const queue = new RunQueue(new MemoryStore(), bench, silent);
    await queue.enqueue("s", [a, b]);
    await bench.finishTraining();
    await bench.finishTraining();
    await queue.idle();
    expect(bench.log).toEqual([
      `train ${a.id}`,
      `evaluate ${a.id}`,
      "pool simulated-3",
      `train ${b.id}`,
      `evaluate ${b.id}`,
    ]);
    expect(queue.list().map((run) => run.status)).toEqual(["done", "done"]);
  });

  it("a paused run holds the queue, a stopped one lets the next start", async () => {
    const bench = new Bench();
    const queue = new RunQueue(new MemoryStore(), bench, silent);
    await queue.enqueue("s", [a, b]);
    while (statusOf(queue, a.id) !== "training") await tick();
    await tick();
    await queue.pause(a.id);
    expect([statusOf(queue, a.id), statusOf(queue, b.id)]).toEqual(["paused", "queued"]);
    await queue.resume(a.id);
    while (statusOf(queue, a.id) !== "training") await tick();
    await tick();
    await queue.stop(a.id);
    await bench.finishTraining();
    await queue.idle();
    expect([statusOf(queue, a.id), statusOf(queue, b.id)]).toEqual(["stopped", "done"]);
  });

  it("a failure keeps its message and lets the next run start", async () => {
    const bench = new Bench();
    bench.failWith = new Error("The loss became NaN.");
    const queue = new RunQueue(new MemoryStore(), bench, silent);
    await queue.enqueue("s", [a]);
    await queue.idle();
    expect(queue.list()[0]).toMatchObject({ status: "failed", problem: { message: "The loss became NaN." } });
  });

  it("goes on with what a reload cut off, and forgets trajectories", async () => {
    const store = new MemoryStore();
    const first = new RunQueue(store, new Bench(), silent);
    await first.enqueue("s", [a]);
    while (statusOf(first, a.id) !== "training") await tick();
    const live: QueuedRun = {
      cell: { ...b, id: "live-1" },
      studyId: "s",
      status: "training",
      problem: null,
      live: true,
      queued: "2026-01-01",
    };
    await store.write([[keys.run("live-1"), { meta: JSON.parse(JSON.stringify(live)), arrays: {} }]]);
    const bench = new Bench();
    const second = new RunQueue(store, bench, silent);
    await second.load();
    await bench.finishTraining();
    await second.idle();
    expect(second.list().map((run) => [run.cell.id, run.status])).toEqual([[a.id, "done"]]);
  });

  it("discards a run with all that it stored", async () => {
    const store = new MemoryStore();
    const bench = new Bench();
    const queue = new RunQueue(store, bench, silent);
    await queue.enqueue("s", [a]);
    while (statusOf(queue, a.id) !== "training") await tick();
    await tick();
    await store.write([[keys.checkpoint(a.id), { meta: 1, arrays: {} }]]);
    await queue.discard(a.id);
    expect(await store.keys("cells/")).toEqual([]);
    expect(await store.keys("runs/")).toEqual([]);
  });
});
