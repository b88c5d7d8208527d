import { describe, expect, it } from "vitest";
import type { SetResult } from "../../study/result.ts";
import { planStudy } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { chooseAlpha } from "./alphaChoice.ts";
import { indexCells } from "./cellIndex.ts";
import { detectorResult, finishedCell } from "./testing/finishedCell.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: ["interpolation"],
  alphas: [0.5, 0.8],
  pools: [100],
  seeds: [0, 1],
  detectors: ["msp"],
});

function set(group: "near" | "far", test: boolean, auroc: number | null): SetResult {
  const metrics = { auroc, fpr95Id: null, fpr95Ood: null, auprIn: null, auprOut: null };
  return { set: `${group}_${test}`, group, test, nId: 9, nOod: 9, metrics, histogram: null, roc: null, worst: [] };
}

interface Values {
  /** Validation AUROC; undefined = there is no such set. */
  readonly nearVal?: number | null;
  readonly farVal?: number | null;
  readonly near: number;
  readonly far: number;
}

/** Cells of every α that `values` names, the same for both seeds but for what `shift` adds to seed 1. */
function choice(values: Readonly<Record<string, Values>>, shift = 0, detector = "msp") {
  const summaries: Record<string, CellSummary> = {};
  for (const cell of study.cells) {
    const value = values[String(cell.alpha)];
    if (value === undefined) continue;
    const by = cell.seed * shift;
    const sets = [
      set("near", true, value.near + by),
      set("far", true, value.far + by),
      ...(value.nearVal === undefined ? [] : [set("near", false, value.nearVal === null ? null : value.nearVal + by)]),
      ...(value.farVal === undefined ? [] : [set("far", false, value.farVal === null ? null : value.farVal + by)]),
    ];
    summaries[cell.id] = finishedCell(cell, {
      detectors: [{ ...detectorResult("msp", value.near + by, value.far + by), sets }],
    });
  }
  const curve = indexCells(study, [], summaries).curve(null);
  if (curve === null) throw new Error("the study has no curve");
  return chooseAlpha(curve, detector);
}

describe("chooseAlpha", () => {
  it("takes the α with the best validation mean, whatever the test sets say, and tells the regret", () => {
    const chosen = choice(
      {
        0.5: { nearVal: 0.6, farVal: 0.9, near: 0.9, far: 0.95 },
        0.8: { nearVal: 0.8, farVal: 0.8, near: 0.85, far: 0.97 },
        1: { nearVal: 0.7, farVal: 0.85, near: 0.8, far: 0.9 },
      },
      0.01,
    );
    if ("because" in chosen) throw new Error(chosen.because);
    expect(chosen).toMatchObject({ alpha: 0.8, on: ["near", "far"], candidates: 3, seeds: [2, 2] });
    expect(chosen.validation).toBeCloseTo(0.805, 12);
    expect(chosen.near?.bestAlpha).toBe(0.5);
    expect(chosen.near?.value).toBeCloseTo(0.05, 12);
    expect(chosen.far).toEqual({ bestAlpha: 0.8, value: 0 });
  });

  it("takes the larger α of equal ones", () => {
    const same = { nearVal: 0.75, farVal: 0.75, near: 0.8, far: 0.9 };
    expect(choice({ 0.5: same, 0.8: same })).toMatchObject({ alpha: 0.8, near: { bestAlpha: 0.8, value: 0 } });
    expect(choice({ 0.5: same, 0.8: same, 1: same })).toMatchObject({ alpha: 1 });
  });

  it("goes by the group that has a validation set where the other has none", () => {
    const chosen = choice({ 0.5: { nearVal: 0.6, near: 0.9, far: 0.9 }, 1: { nearVal: 0.7, near: 0.8, far: 0.95 } });
    expect(chosen).toMatchObject({ alpha: 1, on: ["near"], far: { bestAlpha: 1, value: 0 } });
  });

  it("leaves a seed out that has no value on one of the sets", () => {
    const chosen = choice({
      0.5: { nearVal: 0.6, farVal: 0.6, near: 0.9, far: 0.9 },
      0.8: { nearVal: null, farVal: 0.9, near: 0.8, far: 0.9 },
      1: { nearVal: 0.5, farVal: 0.5, near: 0.8, far: 0.9 },
    });
    expect(chosen).toMatchObject({ alpha: 0.5, candidates: 2 });
  });

  it("counts no regret against an α that could not be chosen", () => {
    const chosen = choice({
      0.5: { nearVal: 0.6, farVal: 0.6, near: 0.8, far: 0.9 },
      0.8: { nearVal: null, farVal: 0.9, near: 0.95, far: 0.99 },
      1: { nearVal: 0.5, farVal: 0.5, near: 0.7, far: 0.8 },
    });
    expect(chosen).toMatchObject({ alpha: 0.5, near: { bestAlpha: 0.5, value: 0 }, far: { bestAlpha: 0.5, value: 0 } });
  });

  it.each<[string, Parameters<typeof choice>]>([
    ["no OOD validation set", [{ 0.5: { near: 0.8, far: 0.9 }, 1: { near: 0.7, far: 0.8 } }]],
    ["fewer than two α", [{ 1: { nearVal: 0.7, farVal: 0.8, near: 0.7, far: 0.8 } }]],
    [
      "no finished cell has been scored",
      [{ 0.5: { nearVal: 0.7, near: 0.8, far: 0.9 }, 1: { nearVal: 0.7, near: 0.7, far: 0.8 } }, 0, "knn"],
    ],
    [
      "no value on the validation sets",
      [{ 0.5: { nearVal: null, near: 0.8, far: 0.9 }, 1: { nearVal: null, near: 0.7, far: 0.8 } }],
    ],
    [
      "only one α has a value",
      [{ 0.5: { nearVal: 0.7, near: 0.8, far: 0.9 }, 1: { nearVal: null, near: 0.7, far: 0.8 } }],
    ],
  ])("says why it cannot choose: %s", (because, values) => {
    expect(choice(...values)).toEqual({ because: expect.stringContaining(because) });
  });
});
