import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createNodeWasmEngine } from "../engine/wasm/node/engine.ts";
import { type CountedThreads, countThreads } from "../engine/wasm/testing/node/countThreads.ts";
import { createWebGpuEngine } from "../engine/webgpu/plan/engine.ts";
import { FakeDevice, installFakeGpu } from "../engine/webgpu/testing/fakeDevice.ts";
import type { Cell } from "../study/cell.ts";
import { resultsCsv } from "../study/csv.ts";
import { tinyCell } from "./testCell.ts";
import { type Job, Machine } from "./testing/machine.ts";
import { readCheckpoint } from "./trainCell.ts";

/** Lets something happen at the n-th moment of a job and never again. */
function once(job: Job, n: number, happen: () => void): (during: Job) => void {
  let moments = 0;
  return (during) => {
    if (during === job && ++moments === n) happen();
  };
}

/** A machine with the wasm engine on two threads; `kill` crashes one. */
function wasmMachine() {
  const engines: CountedThreads[] = [];
  const machine = new Machine(async () => {
    const { engine, threads } = await countThreads(2);
    engines.push(threads);
    return engine;
  });
  return { machine, engines, kill: () => engines.at(-1)?.kill() };
}

/** What a finished cell leaves: every tensor's bits, everything else of its checkpoint but the time, its results. */
async function outcome({ store, summaries }: Machine, cell: Cell): Promise<unknown> {
  const { state, seconds: _, ...rest } = (await readCheckpoint(store, cell)) ?? { state: new Map() };
  const hash = createHash("sha256");
  for (const [name, { data }] of state) hash.update(name).update(data);
  const own = summaries.filter((summary) => summary.cell.id === cell.id);
  return {
    ...rest,
    bits: hash.digest("hex"),
    csv: resultsCsv(
      "s",
      own.map((row) => ({ ...row, wallSeconds: 0 })),
    ),
  };
}

describe("a kernel thread that crashes", () => {
  it("fails its run by name; run again, the cell goes on from its checkpoint to the same bits", async () => {
    // Three steps an epoch.
    const cell = tinyCell({ alpha: 1, steps: 8 });
    const next = tinyCell({ alpha: 1, steps: 2 });
    const calm = wasmMachine();
    await calm.machine.run(cell);
    const { machine, engines, kill } = wasmMachine();
    machine.disturb = once("training", 4, kill);
    await machine.run(cell, next);
    expect(machine.statuses()).toEqual(["failed", "done"]);
    const { code, message } = machine.problem(cell) ?? {};
    expect(code).toBe("engine-failed");
    expect(message).toMatch(/^Kernel thread 1 of 2 crashed: .* The checkpoint of step 3 of 8 is kept; run the cell/);
    expect((await readCheckpoint(machine.store, cell))?.step).toBe(3);
    await machine.again(cell);
    expect(machine.statuses()).toEqual(["done", "done"]);
    expect(await outcome(machine, cell)).toEqual(await outcome(calm.machine, cell));
    expect(engines.map(({ running }) => running)).toEqual([0, 2]);
    await Promise.all([machine.close(), calm.machine.close()]);
  });

  it("in an evaluation costs no training: run again, the cell is evaluated", async () => {
    const cell = tinyCell({ alpha: 1, steps: 3 });
    const { machine, kill } = wasmMachine();
    let steps = 0;
    const crash = once("evaluation", 2, kill);
    machine.disturb = (during) => {
      if (during === "training") steps++;
      crash(during);
    };
    await machine.run(cell);
    expect(machine.problem(cell)?.message).toMatch(/^Kernel thread 1 of 2 crashed/);
    await machine.again(cell);
    expect(machine.statuses()).toEqual(["done"]);
    expect(steps).toBe(3);
    await machine.close();
  });
});

describe("a GPU device that is lost", () => {
  it("fails its run by name; run again, the cell goes on from its checkpoint on another device", async () => {
    const [first, second] = [new FakeDevice(), new FakeDevice()];
    installFakeGpu(first, second);
    const machine = new Machine(() => createWebGpuEngine({ allowSoftware: false }));
    const cell = tinyCell({ alpha: 1, steps: 8 });
    machine.disturb = once("training", 5, () => first.lose("the driver was reset"));
    await machine.run(cell);
    expect(machine.problem(cell)?.message).toMatch(
      /^The GPU device was lost: the driver was reset\. .* The checkpoint of step 3 of 8 is kept; run the cell again/,
    );
    const { submits } = first.counts;
    await machine.again(cell);
    expect((await readCheckpoint(machine.store, cell))?.step).toBe(8);
    expect(first.counts.submits).toBe(submits);
    expect(first.counts.liveBuffers).toBe(0);
    expect(second.counts.submits).toBeGreaterThan(5);
    await machine.close();
    expect(second.counts.liveBuffers).toBe(0);
  });
});

describe("a run that diverges", () => {
  it.each([
    // Four steps an epoch: the loss is NaN in the middle of one.
    [
      64,
      /^The loss became NaN at step (\d+) of 200 \(α 1, learning rate \d\.\d\de\+3, seed 0\)\. .* smaller lr than 1/,
    ],
    // An epoch of one step ends between the update that goes too far and the loss that would tell.
    [
      16,
      /^After step (\d+) of 200 \(α 1, learning rate .*, seed 0\) "[\w.]+" holds .* not finite: .* kept up to step \d\./,
    ],
  ] as const)("fails by name and keeps its last good epoch, %i real images", async (realCount, wanted) => {
    const machine = new Machine(() => createNodeWasmEngine({ threads: 1, reproducible: true }, ""));
    const cell = tinyCell({ alpha: 1, steps: 200, lr: 1e4, realCount });
    await machine.run(cell);
    expect(machine.statuses()).toEqual(["failed"]);
    const { message = "" } = machine.problem(cell) ?? {};
    expect(message).toMatch(wanted);
    const goodSteps = Number(wanted.exec(message)?.[1]) - 1;
    const epoch = realCount / cell.recipe.batch;
    const kept = await readCheckpoint(machine.store, cell);
    expect(kept?.step).toBe(goodSteps - (goodSteps % epoch));
    expect(kept?.step).toBeGreaterThan(0);
    for (const [name, { data }] of kept?.state ?? []) expect(data.every(Number.isFinite), name).toBe(true);
    await machine.close();
  });
});
