import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Engine } from "../../engine/network.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { Cell } from "../../study/cell.ts";
import type { CellSummary } from "../../study/summary.ts";
import { ControlSwitch } from "../control.ts";
import type { ProgressEvent } from "../events.ts";
import { keys } from "../keys.ts";
import { tinyCell } from "../testCell.ts";
import { trainCell } from "../trainCell.ts";
import { type BootstrapJob, type BootstrapRequest, bootstrapCells } from "./bootstrapCells.ts";
import { evaluateCell } from "./evaluateCell.ts";

const benchmark = shapesBenchmark({
  train: 64,
  id_val: 20,
  id_test: 40,
  id_test_shuffled_hues: 20,
  near_unseen: 40,
  near_val: 20,
  far_glyphs: 20,
  far_digits: 20,
  far_textures: 20,
  far_scenes: 30,
  far_val: 20,
});
const turn = <T>(work: () => Promise<T>): Promise<T> => work();
/** Two trainings of each seed; what they differ in is of no matter here. */
const cells = [0, 1].map((seed) => tinyCell({ alpha: 1, seed, steps: 3 }));
const baselines = [1, 0].map((seed) => tinyCell({ alpha: 1, seed, steps: 2 }));

let engine: Engine;
const store = new MemoryStore();
const summaries = new Map<string, CellSummary>();

beforeAll(async () => {
  engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
  for (const cell of [...cells, ...baselines]) {
    const job = {
      cell,
      benchmark,
      store,
      generators: bareContext(store),
      engine,
      control: new ControlSwitch(),
      emit: () => {},
      turn,
    };
    await trainCell({ ...job, live: false });
    summaries.set(cell.id, await evaluateCell({ ...job, kernels: plainKernels, detectors: ["ebo"] }));
  }
}, 120_000);
afterAll(() => engine.dispose());

function run(request: Partial<BootstrapRequest>, context: Partial<BootstrapJob> = {}) {
  return bootstrapCells({
    cells,
    baselines,
    choice: { name: "ebo" },
    resamples: 50,
    seed: 3,
    ...request,
    store,
    kernels: plainKernels,
    engine: () => Promise.reject(new Error("no engine is needed")),
    control: new ControlSwitch(),
    emit: () => {},
    turn,
    ...context,
  });
}

/** Mean over cells of what their evaluation had reported. */
function reported(of: readonly Cell[], group: "near" | "far"): number {
  const values = of.map((cell) => summaries.get(cell.id)?.detectors[0]?.[group].auroc ?? Number.NaN);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("bootstrap of finished cells", () => {
  it("estimates what the evaluations reported, paired by seed whatever the order, inside its interval", async () => {
    const result = await run({});
    expect(result.seeds).toEqual([0, 1]);
    for (const group of ["near", "far"] as const) {
      const { mean, difference } = result[group] ?? {};
      if (!mean || !difference) throw new Error(`no ${group}`);
      expect(mean.value).toBeCloseTo(reported(cells, group), 12);
      expect(difference.value).toBeCloseTo(reported(cells, group) - reported(baselines, group), 12);
      expect(mean.low).toBeLessThan(mean.high);
      expect(mean.low).toBeLessThanOrEqual(mean.value);
      expect(mean.high).toBeGreaterThanOrEqual(mean.value);
    }
  });

  it("gives the same numbers again, and others with another seed of the draws", async () => {
    const once = await run({});
    expect(await run({})).toEqual(once);
    expect(await run({ seed: 4 })).not.toEqual(once);
  });

  it("has no difference where no baseline is given, and none at all against itself", async () => {
    expect((await run({ baselines: [] })).near?.difference).toBeNull();
    expect((await run({ baselines: cells })).far?.difference).toEqual({ value: 0, low: 0, high: 0 });
  });

  it("takes part only with seeds that both sides have", async () => {
    expect((await run({ baselines: baselines.slice(0, 1) })).seeds).toEqual([1]);
    const other = tinyCell({ alpha: 1, seed: 9, steps: 2 });
    await expect(run({ baselines: [other] })).rejects.toMatchObject({ code: "no-common-seed" });
    await expect(run({ cells: [], baselines: [] })).rejects.toMatchObject({ code: "no-cell" });
  });

  it("rejects for a cell whose features are not kept, and for a detector without a value", async () => {
    const gone = tinyCell({ alpha: 1, seed: 5 });
    await expect(run({ cells: [gone], baselines: [] })).rejects.toMatchObject({ code: "not-evaluated" });
    const [cell] = cells as [Cell];
    const part = new MemoryStore();
    for (const key of await store.keys("")) await part.write([[key, (await store.read(key)) ?? null]]);
    await part.deleteAll(keys.allActivations(cell.id));
    await expect(run({}, { store: part })).rejects.toMatchObject({ code: "not-evaluated" });
    await expect(run({ choice: { name: "knn", params: { K: 1000 } } })).rejects.toThrow("undefined, because");
  });

  it("tells its progress and stops when asked", async () => {
    const events: ProgressEvent[] = [];
    await run({}, { emit: (event) => void events.push(event) });
    expect(events[0]).toMatchObject({ kind: "progress", done: 1, total: 4, unit: "cells" });
    const control = new ControlSwitch();
    const stopping = Object.assign(Object.create(control) as ControlSwitch, {
      breathe: () => {
        control.set("stop", null);
        return control.breathe();
      },
    });
    await expect(run({ resamples: 100_000 }, { control: stopping })).rejects.toMatchObject({ code: "stopped" });
  });
});
