import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Engine } from "../../engine/network.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { CellSummary } from "../../study/summary.ts";
import { type Command, ControlSwitch } from "../control.ts";
import { evaluateCell } from "../evaluation/evaluateCell.ts";
import { fillPool } from "../pools/fillPool.ts";
import { tinyCell } from "../testCell.ts";
import { trainCell } from "../trainCell.ts";
import { compareWithReal, type FidelityJob } from "./fidelityJob.ts";
import { deleteFidelity, fidelities } from "./fidelityRecords.ts";
import type { FidelityRequest } from "./fidelityRequest.ts";
import { accuracyScore, usualBaseline } from "./finishedCells.ts";

const benchmark = shapesBenchmark({
  train: 64,
  id_val: 20,
  id_test: 64,
  id_test_shuffled_hues: 20,
  near_unseen: 20,
  near_val: 20,
  far_glyphs: 20,
  far_digits: 20,
  far_textures: 20,
  far_scenes: 20,
  far_val: 20,
});
const turn = <T>(work: () => Promise<T>): Promise<T> => work();
const store = new MemoryStore();
const generators = bareContext(store);
const pool = { benchmark: "shapes", generator: "simulated-3", size: 40, seed: 0 };
const cell = tinyCell({ alpha: 1, steps: 2 });
const request: FidelityRequest = {
  pool,
  features: { kind: "classifier", network: null },
  n: null,
  reference: null,
  seed: 0,
};
let engine: Engine;

function job(more: Partial<FidelityJob> = {}): FidelityJob {
  return {
    request,
    benchmark,
    generators,
    engine: async () => engine,
    ops: () => Promise.reject(new Error("This test opens no device.")),
    kernels: plainKernels,
    control: new ControlSwitch(),
    emit: () => {},
    turn,
    ...more,
  };
}

beforeAll(async () => {
  engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
  const shared = { benchmark, store, generators, engine, control: new ControlSwitch(), emit: () => {}, turn };
  await fillPool({ ...shared, spec: pool });
}, 60_000);
afterAll(() => engine.dispose());

describe("comparing a pool with real images", () => {
  it("needs a classifier that was trained on real images alone", async () => {
    await expect(compareWithReal(job())).rejects.toMatchObject({ code: "no-baseline" });
    const shared = { benchmark, store, generators, engine, control: new ControlSwitch(), emit: () => {}, turn };
    await trainCell({ ...shared, cell, live: false });
    await evaluateCell({ ...shared, cell, kernels: plainKernels, detectors: ["msp"] });
    const unfit: FidelityRequest = { ...request, features: { kind: "classifier", network: { kind: "cell", id: "x" } } };
    await expect(compareWithReal(job({ request: unfit }))).rejects.toMatchObject({ code: "labeller-missing" });
  });

  it("reports by the baseline's features, never as FID, and keeps the report", async () => {
    const progress: number[] = [];
    const record = await compareWithReal(
      job({ emit: (event) => void (event.kind === "progress" && progress.push(event.done)) }),
    );
    const { report } = record;
    expect(report.protocol).toMatchObject({ features: "classifier", n: 40, reference: "id_test", resizer: "none" });
    expect(report.protocol.network).toContain(cell.id);
    expect(report.floorN).toBe(32);
    expect(report.frechet).toBeGreaterThan(0);
    expect(report.labelAccuracy).toBeGreaterThanOrEqual(0);
    expect(report.cas).toBeNull();
    expect(report.notes.join(" ")).not.toContain("FID");
    expect(report.notes.join(" ")).toContain("no cell with α = 0");
    expect(progress.at(-1)).toBe(64 + 40);
    expect(await fidelities(store)).toEqual([record]);
  });

  it("takes the place of a report made alike, and stands beside others", async () => {
    const again = await compareWithReal(job());
    const other = await compareWithReal(job({ request: { ...request, n: 20 } }));
    expect((await fidelities(store)).map(({ id }) => id).sort()).toEqual([again.id, other.id].sort());
    expect(again.report).toEqual((await compareWithReal(job())).report);
    await deleteFidelity(store, other.id);
    expect(await fidelities(store)).toHaveLength(1);
  });

  it("refuses an N that one side does not have, and sets that are not ID", async () => {
    await expect(compareWithReal(job({ request: { ...request, n: 41 } }))).rejects.toThrow("the pool 40");
    const far: FidelityRequest = { ...request, reference: "far_glyphs" };
    await expect(compareWithReal(job({ request: far }))).rejects.toMatchObject({ code: "no-reference" });
  });

  it("stops when told so and keeps nothing of it", async () => {
    const before = await fidelities(store);
    let asked = 0;
    const control = Object.assign(new ControlSwitch(), { command: (): Command => (asked++ > 1 ? "stop" : "run") });
    await expect(compareWithReal(job({ control }))).rejects.toMatchObject({ code: "stopped" });
    expect(await fidelities(store)).toEqual(before);
  });
});

describe("cells that serve a comparison", () => {
  const summary = (values: Parameters<typeof tinyCell>[0], more: Partial<CellSummary>): CellSummary =>
    ({ cell: tinyCell(values), converged: true, realImages: 48, finished: "2026", ...more }) as CellSummary;

  it("are converged baselines first, then those of lowest seed", () => {
    const cells = [
      summary({ alpha: 1, seed: 0 }, { converged: false }),
      summary({ alpha: 1, seed: 2 }, {}),
      summary({ alpha: 1, seed: 1 }, {}),
      summary({ alpha: 0, seed: 0 }, {}),
    ];
    expect(usualBaseline(cells, "shapes").cell.seed).toBe(1);
  });

  it("are, for the accuracy score, those of this generator without a real image", () => {
    const cells = [
      summary({ alpha: 0, seed: 0 }, { realImages: 0, idAccuracy: 0.5 }),
      summary({ alpha: 0, seed: 1 }, { realImages: 0, idAccuracy: 0.7 }),
      summary({ alpha: 0.5, seed: 0 }, { idAccuracy: 0.9 }),
    ];
    expect(accuracyScore(cells, "simulated-3")?.cas).toBeCloseTo(0.6, 12);
    expect(accuracyScore(cells, "simulated-3")?.cells).toHaveLength(2);
    expect(accuracyScore(cells, "pca-gaussian")).toBeNull();
  });
});
