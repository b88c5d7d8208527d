import { describe, expect, it } from "vitest";
import type { GeneratorInfo } from "../../generators/generator.ts";
import type { Cell } from "../../study/cell.ts";
import type { Metrics } from "../../study/result.ts";
import { planStudy, type Study } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { indexCells } from "../model/cellIndex.ts";
import { compareCells, detectorKeys } from "./comparison.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: ["simulated-3", "interpolation"],
  alphas: [0.5, 1],
  pools: [100],
  seeds: [0, 1, 2],
  detectors: ["msp"],
});
const generators: GeneratorInfo[] = [
  { id: "simulated-3", title: "Simulated", kind: "controlled", provenance: "knows-the-renderer", note: "" },
  { id: "interpolation", title: "Interpolation", kind: "learned", provenance: "same-real-set", note: "" },
];

const metrics = (auroc: number | null): Metrics => ({
  auroc,
  fpr95Id: null,
  fpr95Ood: null,
  auprIn: null,
  auprOut: null,
});

function summary(cell: Cell, near: number | null, converged = true): CellSummary {
  return {
    cell,
    backend: { name: "wasm-simd", threads: 1, adapter: "", software: false, reason: "" },
    alphaEffective: cell.alpha,
    realImages: 1000,
    syntheticDraws: 0,
    epochs: 1,
    steps: 1,
    wallSeconds: 1,
    trainAccuracy: converged ? 1 : 0.5,
    converged,
    idAccuracy: 0.9,
    diagnosticAccuracy: {},
    reportedEpoch: 1,
    detectors: [
      {
        detector: "msp",
        params: {},
        undefinedBecause: null,
        near: metrics(near),
        far: metrics(0.7),
        sets: [],
        worstId: [],
      },
    ],
    history: [],
    provenance: cell.generator === null ? null : "same-real-set",
    benchmarkFingerprint: "b",
    generatorFingerprint: null,
    version: "0",
    finished: "",
  };
}

const of = (generator: string | null, alpha: number, seed: number, from: Study = study): Cell => {
  const cell = from.cells.find((c) => c.generator === generator && c.alpha === alpha && c.seed === seed);
  if (cell === undefined) throw new Error("no such cell");
  return cell;
};

function compare(finished: readonly CellSummary[]) {
  return compareCells(
    indexCells(study, [], Object.fromEntries(finished.map((s) => [s.cell.id, s]))),
    generators,
    "msp",
  );
}

const baselines = [0.6, 0.62, 0.7].map((near, seed) => summary(of(null, 1, seed), near));

describe("compareCells", () => {
  it("keeps baseline, learned and controlled apart, the baseline once", () => {
    const groups = compare([
      ...baselines,
      summary(of("simulated-3", 0.5, 0), 0.5),
      summary(of("interpolation", 0.5, 0), 0.5),
    ]);
    expect(groups.map((group) => [group.kind, group.rows.length])).toEqual([
      ["baseline", 1],
      ["learned", 1],
      ["controlled", 1],
    ]);
    expect(groups[0]?.rows[0]?.metrics.near.paired).toBeNull();
  });

  it("gives mean, sample σ and the paired difference by hand: −0.02, −0.04, −0.06 → −0.04 ± 0.02", () => {
    const cells = [0.58, 0.58, 0.64].map((near, seed) => summary(of("interpolation", 0.5, seed), near, seed > 0));
    const row = compare([...baselines, ...cells]).find((group) => group.kind === "learned")?.rows[0];
    expect(row?.metrics.near.spread?.mean).toBeCloseTo(0.6, 12);
    expect(row?.metrics.near.spread?.sigma).toBeCloseTo(Math.sqrt(0.0024 / 2), 12);
    const paired = row?.metrics.near.paired;
    expect(paired).toMatchObject({ n: 3, verdict: "unresolved" });
    expect(paired?.mean).toBeCloseTo(-0.04, 12);
    expect(paired?.sd).toBeCloseTo(0.02, 12);
    expect(row?.notConverged).toBe(1);
  });

  it("judges no difference under three common seeds, and gives none where there is no common seed", () => {
    const cells = [0, 1].map((seed) => summary(of("interpolation", 0.5, seed), 0.6));
    const row = compare([...baselines, ...cells]).find((group) => group.kind === "learned")?.rows[0];
    expect(row?.metrics.near.paired).toMatchObject({ n: 2, verdict: "too few seeds", interval: null });
    const alone = compare(cells)[0]?.rows[0];
    expect(alone?.metrics.far.paired).toBeNull();
  });

  it("leaves seeds without a value out instead of filling them in", () => {
    const cells = [0.6, null, 0.6].map((near, seed) => summary(of("interpolation", 0.5, seed), near));
    const row = compare([...baselines, ...cells]).find((group) => group.kind === "learned")?.rows[0];
    expect(row?.cells.map(({ cell }) => cell.seed)).toEqual([0, 1, 2]);
    expect(row?.metrics.near.spread?.n).toBe(2);
    expect(row?.metrics.near.paired).toMatchObject({ n: 2 });
  });

  it("lets nobody lead that cannot be told from the baseline", () => {
    const lead = (near: readonly number[]) => {
      const cells = near.map((value, seed) => summary(of("interpolation", 0.5, seed), value));
      const group = compare([...baselines, ...cells]).find(({ kind }) => kind === "learned");
      return { key: group?.rows[0]?.key, lead: group?.leads.near };
    };
    const clear = lead([0.7, 0.72, 0.801]);
    expect(clear.lead).toEqual({ best: clear.key, bold: clear.key, tied: [] });
    expect(lead([0.7, 0.6, 0.72]).lead).toMatchObject({ bold: null, tied: ["ce|baseline"] });
    expect(lead([0.5, 0.52, 0.601]).lead).toMatchObject({ bold: "ce|baseline" });
  });
});

describe("detectorKeys", () => {
  it("has the study's detectors and what was scored beyond them", () => {
    const cell = summary(of(null, 1, 0), 0.6);
    const [msp] = cell.detectors;
    if (msp === undefined) throw new Error("no result");
    const variant = { ...msp, detector: "knn", variant: "knn(K=3)" };
    expect(detectorKeys(["msp", "vim"], [{ ...cell, detectors: [msp, variant] }])).toEqual(["msp", "vim", "knn(K=3)"]);
  });
});
