import { describe, expect, it } from "vitest";
import type { BackendRecord } from "./backend.ts";
import { makeCell } from "./cell.ts";
import { csvLine, RESULT_COLUMNS, resultsCsv } from "./csv.ts";
import { presets } from "./recipe.ts";
import type { Metrics, SetResult } from "./result.ts";
import type { CellSummary } from "./summary.ts";

/** The columns that scripts outside rely on, in their order. */
const CONTRACT =
  "study,cell,benchmark,network,width,method,generator,alpha,alpha_effective,n_real,n_synthetic,pool_size,seed,preset," +
  "detector,ood_set,group,n_id,n_ood,auroc,fpr95_id,fpr95_ood,aupr_in,aupr_out,id_accuracy,backend,epochs,steps,wall_s";

const metrics = (auroc: number | null): Metrics => ({ auroc, fpr95Id: 0.1, fpr95Ood: 0.2, auprIn: null, auprOut: 1 });

const set = (name: string, group: "near" | "far", test: boolean): SetResult => {
  const empty = { histogram: null, roc: null, worst: [] };
  return { set: name, group, test, nId: 100, nOod: 50, metrics: metrics(0.75), ...empty };
};

function summary(backend: BackendRecord): CellSummary {
  const cell = makeCell({
    benchmark: "shapes",
    network: "resnet18",
    width: 8,
    method: "ce",
    generator: "simulated-3",
    poolSize: 1000,
    poolSeed: 0,
    alpha: 0.5,
    seed: 1,
    preset: "quick",
    recipe: presets.quick.recipe,
  });
  const detector = {
    detector: "msp",
    params: {},
    undefinedBecause: null,
    near: metrics(0.75),
    far: metrics(null),
    sets: [set("near_a", "near", true), set("far_a", "far", true), set("near_val", "near", false)],
    worstId: [],
  };
  return {
    ...{ cell, backend, alphaEffective: 0.5, realImages: 1000, syntheticDraws: 640, epochs: 2, steps: 20 },
    ...{ wallSeconds: 1.5, trainAccuracy: 0.9, converged: false, idAccuracy: 0.8, diagnosticAccuracy: {} },
    ...{ reportedEpoch: 2, detectors: [detector], history: [], provenance: null, benchmarkFingerprint: "b" },
    ...{ generatorFingerprint: null, version: "0", finished: "2026-01-01T00:00:00.000Z" },
  };
}

const backend: BackendRecord = {
  ...{ name: "webgpu", threads: 1, adapter: '=GPU, "big"', software: false, variant: "tiles", reason: "" },
} as const;

describe("results.csv", () => {
  const lines = resultsCsv("my study", [summary(backend)]).split("\r\n");

  it("begins with the contract's columns", () => {
    expect(RESULT_COLUMNS.join(",").startsWith(`${CONTRACT},`)).toBe(true);
    expect(lines[0]).toBe(RESULT_COLUMNS.join(","));
  });

  it("has a row per test set and one per group, none for validation sets", () => {
    const column = RESULT_COLUMNS.indexOf("ood_set");
    expect(lines.slice(1, -1).map((line) => line.split(",")[column])).toEqual(["near_a", "far_a", "near", "far"]);
    expect(lines.at(-1)).toBe("");
  });

  it("leaves undefined metrics empty and records backend, adapter and kernel variant", () => {
    const far = lines[4] as string;
    expect(far.split(",")[RESULT_COLUMNS.indexOf("auroc")]).toBe("");
    expect(far.endsWith(`,"'=GPU, ""big""",tiles`)).toBe(true);
    expect(far.split(",")[RESULT_COLUMNS.indexOf("backend")]).toBe("webgpu");
  });

  it("turns what a spreadsheet would run as a formula into text, and leaves numbers alone", () => {
    expect(csvLine(["=1+1", "@a", "-x", "+y", "\tz", -1, 0.1, null, Number.NaN])).toBe(
      "'=1+1,'@a,'-x,'+y,'\tz,-1,0.1,,",
    );
  });
});
