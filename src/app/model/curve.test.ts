import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planStudy } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { indexCells } from "./cellIndex.ts";
import { baselineOf, curvePoints, metricOf, seedSpread, whisker } from "./curve.ts";
import { detectorResult, finishedCell } from "./testing/finishedCell.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: ["interpolation"],
  alphas: [0.5, 0.8],
  pools: [100],
  seeds: [0, 1, 2],
  detectors: ["msp", "knn"],
});

/** The seeds of α = 0.8 have near 0.80, 0.81, 0.82; KNN is undefined for seed 0; α = 0.5 has not run. */
function points(detector: string) {
  const summaries: Record<string, CellSummary> = {};
  for (const cell of study.cells.filter((candidate) => candidate.alpha !== 0.5)) {
    summaries[cell.id] = finishedCell(cell, {
      idAccuracy: 0.9,
      converged: cell.alpha === 1 || cell.seed !== 1,
      detectors: [
        detectorResult("msp", [0.8, 0.81, 0.82][cell.seed] ?? null, 0.95),
        detectorResult("knn", cell.seed === 0 ? null : 0.7, cell.seed === 0 ? null : 0.9),
      ],
    });
  }
  const curve = indexCells(study, [], summaries).curve(null);
  if (curve === null) throw new Error("the study has no curve");
  return curvePoints(curve, detector);
}

describe("curvePoints", () => {
  it("has a point where something has run and nothing in between", () => {
    expect(points("msp").map((point) => point.alpha)).toEqual([0.8, 1]);
  });

  it("takes mean, range and sample σ over the seeds", () => {
    const near = points("msp")[0]?.near;
    expect(near).toMatchObject({ n: 3, min: 0.8, max: 0.82 });
    expect(near?.mean).toBeCloseTo(0.81, 12);
    expect(near?.sigma).toBeCloseTo(0.01, 12);
  });

  it("leaves undefined seeds out of n instead of counting them as zero", () => {
    expect(points("knn")[0]?.near).toMatchObject({ n: 2, min: 0.7, max: 0.7 });
    expect(points("knn")[0]?.finished).toBe(3);
  });

  it("has no AUROC for a detector that scored nothing, but still the accuracy", () => {
    const [point] = points("gradnorm");
    expect(point?.near).toBeNull();
    expect(point?.far).toBeNull();
    expect(point?.accuracy?.mean).toBeCloseTo(0.9, 12);
  });

  it("calls an α converged only if every seed is", () => {
    expect(points("msp").map((point) => point.converged)).toEqual([false, true]);
  });

  it("finds the baseline, or says that it has not run", () => {
    expect(baselineOf(points("msp"))?.alpha).toBe(1);
    expect(baselineOf(points("msp").slice(0, 1))).toBeNull();
  });
});

describe("metricOf", () => {
  it("reads near, far and accuracy of one cell", () => {
    const [cell] = study.cells;
    if (cell === undefined) throw new Error("the study has no cell");
    const summary = finishedCell(cell, { idAccuracy: 0.7, detectors: [detectorResult("msp", 0.6, 0.8)] });
    expect(metricOf(summary, "msp", "near")).toBe(0.6);
    expect(metricOf(summary, "msp", "far")).toBe(0.8);
    expect(metricOf(summary, "msp", "accuracy")).toBe(0.7);
    expect(metricOf(summary, "knn", "near")).toBeNull();
  });
});

describe("whisker", () => {
  it("is absent for one seed: one run has no spread", () => {
    const spread = seedSpread([0.8, null]);
    expect(spread?.n).toBe(1);
    expect(spread && whisker(spread, "range")).toBeNull();
    expect(spread && whisker(spread, "sigma")).toBeNull();
  });

  it("reaches from the lowest to the highest seed, or σ to both sides", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 }), (values) => {
        const spread = seedSpread(values);
        const range = spread && whisker(spread, "range");
        const sigma = spread && whisker(spread, "sigma");
        if (!spread || !range || !sigma) throw new Error("two seeds have a spread");
        expect(spread.mean - range[0]).toBeCloseTo(Math.min(...values), 12);
        expect(spread.mean + range[1]).toBeCloseTo(Math.max(...values), 12);
        expect(sigma[0]).toBe(sigma[1]);
      }),
    );
  });

  it("is nothing for no value at all", () => {
    expect(seedSpread([])).toBeNull();
    expect(seedSpread([null, null])).toBeNull();
  });
});
