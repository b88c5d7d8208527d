import { describe, expect, it } from "vitest";
import { type Cell, makeCell } from "../../study/cell.ts";
import { planStudy, type Study } from "../../study/study.ts";
import { cellOfSeed, indexCells, sameAlpha } from "./cellIndex.ts";
import { finishedCell } from "./testing/finishedCell.ts";

const request = {
  benchmark: "shapes",
  preset: "look",
  generators: ["simulated-3", "interpolation"],
  alphas: [0.2, 0.7, 0.8],
  pools: [100],
  seeds: [0, 1, 2],
  detectors: ["msp"],
} as const;
const study = planStudy(request);

function finished(cells: readonly Cell[]) {
  return Object.fromEntries(cells.map((cell) => [cell.id, finishedCell(cell)]));
}

function firstCurve(of: Study, done: readonly Cell[], extra: readonly Cell[] = []) {
  const index = indexCells(of, extra, finished(done));
  const curve = index.curve(null);
  if (curve === null) throw new Error("the study has no curve");
  return { index, curve, nearest: (alpha: number) => index.nearest(curve, alpha)?.alpha ?? null };
}

describe("indexCells", () => {
  it("makes one curve per generator, each with the baseline on it", () => {
    const index = indexCells(study, [], finished(study.cells));
    expect(index.curves.map((curve) => curve.generator)).toEqual(["simulated-3", "interpolation"]);
    for (const curve of index.curves) {
      expect(curve.groups.map((group) => group.alpha)).toEqual([0.2, 0.7, 0.8, 1]);
      expect(curve.groups.at(-1)?.cells.map((summary) => summary.cell.generator)).toEqual([null, null, null]);
    }
    expect(index.finished).toHaveLength(study.cells.length);
  });

  it("counts planned and finished cells apart, and sorts seeds", () => {
    const done = study.cells.filter((cell) => cell.alpha === 0.7 && cell.seed !== 1).reverse();
    const group = firstCurve(study, done).curve.groups.find((candidate) => candidate.alpha === 0.7);
    expect(group?.planned).toBe(3);
    expect(group?.cells.map((summary) => summary.cell.seed)).toEqual([0, 2]);
  });

  it("takes in cells that were queued beyond the grid", () => {
    const [model] = study.cells.filter((cell) => cell.alpha === 0.7);
    const extra = makeCell({ ...(model as Cell), alpha: 0.65 });
    expect(firstCurve(study, [extra], [extra]).nearest(0.1)).toBe(0.65);
    expect(firstCurve(study, []).curve.groups.map((group) => group.alpha)).not.toContain(0.65);
  });

  it("has one curve per method for a study of baselines alone", () => {
    const baselines = planStudy({ ...request, generators: [], alphas: [1], methods: ["ce", "logitnorm"] });
    const index = indexCells(baselines, [], finished(baselines.cells));
    expect(index.curves.map((curve) => [curve.method, curve.generator])).toEqual([
      ["ce", null],
      ["logitnorm", null],
    ]);
  });

  it("falls back to the first curve for a key from a stale link", () => {
    const { index, curve } = firstCurve(study, []);
    expect(index.curve("no such curve")).toBe(curve);
    expect(index.curve(index.curves[1]?.key ?? "")).toBe(index.curves[1]);
  });
});

describe("nearest", () => {
  it("agrees with a search over all finished α at each of the slider's hundredths", () => {
    const done = study.cells.filter((cell) => cell.alpha !== 0.7);
    const { nearest } = firstCurve(study, done);
    for (let hundredth = 0; hundredth <= 100; hundredth++) {
      const distances = [20, 80, 100].map((alpha) => Math.abs(alpha - hundredth));
      const best = [20, 80, 100][distances.lastIndexOf(Math.min(...distances))];
      expect(nearest(hundredth / 100)).toBe((best as number) / 100);
    }
  });

  it("takes the larger α of a tie in spite of binary fractions", () => {
    expect(firstCurve(study, study.cells).nearest(0.75)).toBe(0.8);
    expect(firstCurve(study, study.cells).nearest(0.45)).toBe(0.7);
  });

  it("skips α without a finished cell, and says null when nothing has run", () => {
    expect(firstCurve(study, []).nearest(0.8)).toBeNull();
    expect(
      firstCurve(
        study,
        study.cells.filter((cell) => cell.alpha === 1),
      ).nearest(0.2),
    ).toBe(1);
  });

  it("returns the same group while the nearest α stays the same, so that memoised panels do not redraw", () => {
    const { index, curve } = firstCurve(study, study.cells);
    expect(index.nearest(curve, 0.79)).toBe(index.nearest(curve, 0.83));
    expect(index.nearest(curve, -3)).toBe(index.nearest(curve, 0));
    expect(index.nearest(curve, 3)).toBe(index.nearest(curve, 1));
  });
});

describe("cellOfSeed", () => {
  it("keeps the chosen seed where it has run, else shows the first that has", () => {
    const done = study.cells.filter((cell) => cell.seed !== 0);
    const { index, curve } = firstCurve(study, done);
    const group = index.nearest(curve, 0.8);
    if (group === null) throw new Error("no group");
    expect(cellOfSeed(group, 2)?.cell.seed).toBe(2);
    expect(cellOfSeed(group, 0)?.cell.seed).toBe(1);
    expect(cellOfSeed(group, null)?.cell.seed).toBe(1);
    expect(cellOfSeed({ ...group, cells: [] }, 1)).toBeNull();
  });
});

describe("sameAlpha", () => {
  it("forgives binary fractions, not another step of the slider", () => {
    expect(sameAlpha(0.1 + 0.2, 0.3)).toBe(true);
    expect(sameAlpha(0.8, 0.81)).toBe(false);
  });
});
