import { describe, expect, it } from "vitest";
import { shapesBenchmark } from "../data/shapes/shapesBenchmark.ts";
import { plainKernels } from "../engine/dense/plain.ts";
import type { Engine } from "../engine/network.ts";
import { createNodeWasmEngine } from "../engine/wasm/node/engine.ts";
import { bareContext } from "../generators/testing/context.ts";
import { MemoryStore } from "../storage/memory.ts";
import type { Cell } from "../study/cell.ts";
import { resultsCsv } from "../study/csv.ts";
import { poolOf } from "../study/pool.ts";
import { openBenchmark } from "./benchmarks.ts";
import { ControlSwitch } from "./control.ts";
import { evaluateCell } from "./evaluation/evaluateCell.ts";
import type { ProgressEvent } from "./events.ts";
import { keys } from "./keys.ts";
import { fillPool } from "./pools/fillPool.ts";
import { loadPool } from "./pools/openPool.ts";
import { tinyCell } from "./testCell.ts";
import { readCheckpoint, trainCell } from "./trainCell.ts";

const engine = (): Promise<Engine> => createNodeWasmEngine({ threads: 1, reproducible: true }, "");
/** Shapes with few images in every set; rendering takes longer than training on them. */
const smallShapes = shapesBenchmark({
  train: 64,
  id_val: 40,
  id_test: 120,
  id_test_shuffled_hues: 40,
  near_unseen: 120,
  near_val: 40,
  far_glyphs: 60,
  far_digits: 60,
  far_textures: 60,
  far_scenes: 60,
  far_val: 40,
});
const turn = <T>(work: () => Promise<T>): Promise<T> => work();

async function run(cell: Cell, store: MemoryStore, made: Engine, stopAt = Number.POSITIVE_INFINITY) {
  const benchmark = smallShapes;
  const control = new ControlSwitch();
  const events: ProgressEvent[] = [];
  let steps = 0;
  const emit = (event: ProgressEvent): void => void events.push(event);
  const spec = poolOf(cell);
  if (spec) await fillPool({ benchmark, spec, generators: bareContext(store), control, emit, turn });
  const counting = Object.assign(Object.create(control) as ControlSwitch, {
    breathe: () => {
      if (++steps >= stopAt) control.set("stop", null);
      return control.breathe();
    },
  });
  const state = await trainCell({
    cell,
    benchmark,
    store,
    generators: bareContext(store),
    engine: made,
    control: counting,
    emit,
    turn,
    live: false,
  });
  return { state, events, benchmark, control };
}

describe("a cell from pool to results", () => {
  it("stopped in mid-epoch and resumed, it ends with the checkpoint of an undisturbed run, to the bit", async () => {
    const made = await engine();
    const cell = tinyCell({ alpha: 0.5, steps: 7 });
    const [calm, broken] = [new MemoryStore(), new MemoryStore()];
    expect((await run(cell, calm, made)).state).toBe("finished");
    expect((await run(cell, broken, made, 4)).state).toBe("stopped");
    expect((await readCheckpoint(broken, cell))?.step).toBe(4);
    expect((await run(cell, broken, made)).state).toBe("finished");
    const [one, two] = [await readCheckpoint(calm, cell), await readCheckpoint(broken, cell)];
    expect(two?.step).toBe(7);
    for (const [name, tensor] of one?.state ?? [])
      expect([name, two?.state.get(name)?.data]).toEqual([name, tensor.data]);
    expect(two?.syntheticDraws).toBe(one?.syntheticDraws);
    made.dispose();
  }, 120_000);

  it("gives the same CSV twice, and logs the real images of each batch", async () => {
    const made = await engine();
    const cell = tinyCell({ alpha: 0.5, steps: 4 });
    const csv: string[] = [];
    for (let k = 0; k < 2; k++) {
      const store = new MemoryStore();
      const { events, benchmark, control } = await run(cell, store, made);
      const points = events.flatMap((event) => (event.kind === "steps" ? event.points : []));
      expect(points.map((point) => point.realImages)).toEqual([8, 8, 8, 8]);
      const summary = await evaluateCell({
        cell,
        benchmark,
        store,
        generators: bareContext(store),
        engine: made,
        kernels: plainKernels,
        detectors: ["msp", "ebo", "mls", "knn"],
        control,
        emit: () => {},
        turn,
      });
      expect(summary.detectors).toHaveLength(4);
      expect(summary.converged).toBe(false);
      csv.push(resultsCsv("s", [{ ...summary, wallSeconds: 0 }]));
      expect((await store.keys(keys.allActivations(cell.id))).length).toBeGreaterThan(8);
    }
    expect(csv[0]).toBe(csv[1]);
    // 4 detectors × (near, four far sets, and the two means)
    expect(csv[0]?.trim().split("\r\n")).toHaveLength(1 + 4 * 7);
    made.dispose();
  }, 180_000);
});

describe("fillPool", () => {
  it("goes on where it was stopped; image i depends on (generator, seed, i) alone", async () => {
    const spec = { benchmark: "shapes", generator: "simulated-3", size: 1500, seed: 7 };
    const benchmark = await openBenchmark("shapes", new MemoryStore());
    const whole = new MemoryStore();
    const control = new ControlSwitch();
    await fillPool({ benchmark, spec, generators: bareContext(whole), control, emit: () => {}, turn });
    const parts = new MemoryStore();
    const stopping = new ControlSwitch();
    const first = await fillPool({
      benchmark,
      spec,
      generators: bareContext(parts),
      control: stopping,
      emit: () => stopping.set("stop", null),
      turn,
    });
    expect(first.filled).toBeGreaterThan(0);
    expect(first.filled).toBeLessThan(1500);
    await fillPool({ benchmark, spec, generators: bareContext(parts), control, emit: () => {}, turn });
    const [a, b] = [
      await loadPool(bareContext(whole), benchmark, spec),
      await loadPool(bareContext(parts), benchmark, spec),
    ];
    expect(Buffer.compare(a.images, b.images)).toBe(0);
    expect(a.labels).toEqual(b.labels);
  }, 60_000);

  it("refuses a pool that was not filled, saying what to do", async () => {
    const benchmark = await openBenchmark("shapes", new MemoryStore());
    const spec = { benchmark: "shapes", generator: "simulated-1", size: 10, seed: 0 };
    await expect(loadPool(bareContext(), benchmark, spec)).rejects.toThrow("Fill the pool again");
  });
});
