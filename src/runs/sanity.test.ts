import { describe, expect, it } from "vitest";
import { plainKernels } from "../engine/dense/plain.ts";
import { createNodeWasmEngine } from "../engine/wasm/node/engine.ts";
import { bareContext } from "../generators/testing/context.ts";
import { MemoryStore } from "../storage/memory.ts";
import { openBenchmark } from "./benchmarks.ts";
import { ControlSwitch } from "./control.ts";
import { evaluateCell } from "./evaluation/evaluateCell.ts";
import { tinyCell } from "./testCell.ts";
import { trainCell } from "./trainCell.ts";

/** Trains and evaluates a baseline cell on a control benchmark, whole test sets included. */
async function finished(benchmarkId: string, steps: number) {
  const engine = await createNodeWasmEngine({ threads: 2, reproducible: true }, "");
  const store = new MemoryStore();
  const cell = tinyCell({ alpha: 1, steps, batch: 32, realCount: 1000, benchmark: benchmarkId });
  const job = {
    cell,
    benchmark: await openBenchmark(benchmarkId, store),
    store,
    generators: bareContext(store),
    engine,
    kernels: plainKernels,
    control: new ControlSwitch(),
    emit: () => {},
    turn: <T>(work: () => Promise<T>): Promise<T> => work(),
  };
  try {
    await trainCell({ ...job, live: false });
    return await evaluateCell({ ...job, detectors: ["msp", "ebo", "mls", "knn"] });
  } finally {
    engine.dispose();
  }
}

describe("sanity controls", () => {
  it("OOD := a second ID draw: every detector stays at 50 ± 2 %", async () => {
    const { detectors } = await finished("shapes-ood-is-id", 60);
    expect(detectors).toHaveLength(4);
    for (const { detector, near, far } of detectors) {
      for (const value of [near.auroc, far.auroc]) {
        expect(Math.abs((value ?? 1) - 0.5), `${detector} ${value}`).toBeLessThan(0.02);
      }
    }
  }, 240_000);

  it("shuffled training labels: accuracy stays at 10 ± 3 %", async () => {
    const { idAccuracy } = await finished("shapes-shuffled-labels", 100);
    expect(Math.abs(idAccuracy - 0.1), `accuracy ${idAccuracy}`).toBeLessThan(0.03);
  }, 240_000);
});
