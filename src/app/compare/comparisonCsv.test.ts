import { parse } from "papaparse";
import { describe, expect, it } from "vitest";
import { planStudy } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import { indexCells } from "../model/cellIndex.ts";
import { detectorResult, finishedCell } from "../model/testing/finishedCell.ts";
import { compareCells } from "./comparison.ts";
import { comparisonCsv } from "./comparisonCsv.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: ["interpolation"],
  alphas: [0.5],
  pools: [100],
  seeds: [0, 1, 2],
  detectors: ["msp"],
});

/** Near differs by 0.1, 0.11, 0.1: better; far by 0.01, −0.01, 0: unresolved. */
function finished(): Record<string, CellSummary> {
  const near = [0.6, 0.71, 0.8];
  const base = [0.5, 0.6, 0.7];
  const far = [0.01, -0.01, 0];
  return Object.fromEntries(
    study.cells.map((cell) => {
      const mixed = cell.generator !== null;
      const detectors = [
        detectorResult(
          "msp",
          (mixed ? near : base)[cell.seed] ?? null,
          (base[cell.seed] ?? 0) + (mixed ? (far[cell.seed] ?? 0) : 0),
        ),
      ];
      return [cell.id, finishedCell(cell, { detectors, provenance: mixed ? "same-real-set" : null })];
    }),
  );
}

describe("comparisonCsv", () => {
  const groups = compareCells(
    indexCells(study, [], finished()),
    [{ id: "interpolation", title: "", kind: "learned", provenance: "same-real-set", note: "" }],
    "msp",
  );
  const group = groups.find(({ kind }) => kind === "learned");
  if (group === undefined) throw new Error("no learned generator");
  const rowsOf = (csv: string) => parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });

  it("has one row per metric, with the interval at full precision and the verdict", () => {
    const { data, errors } = rowsOf(comparisonCsv("s", "msp", group, () => null));
    expect(errors).toEqual([]);
    expect(data.map(({ metric }) => metric)).toEqual(["id_accuracy", "near_auroc", "far_auroc"]);
    const paired = group.rows[0]?.metrics.near.paired;
    expect(Number(data[1]?.difference_t95_low)).toBe(paired?.interval?.low);
    expect(data[1]).toMatchObject({
      verdict: "better",
      more_seeds: "",
      best_separable: "true",
      generator: "interpolation",
    });
    expect(data[2]).toMatchObject({ verdict: "unresolved", more_seeds: "over 100", bootstrap_mean_low: "" });
  });

  it("has the bootstrap's interval once it was drawn", () => {
    const estimate = { value: 0.7, low: 0.65, high: 0.75 };
    const near = { mean: estimate, difference: { value: 0.1, low: 0.05, high: 0.15 } };
    const result = { seeds: [0, 1, 2], resamples: 1000, near, far: null };
    const { data } = rowsOf(comparisonCsv("s", "msp", group, () => ({ kind: "done", result })));
    expect(data[1]).toMatchObject({ bootstrap_mean_low: "0.65", bootstrap_difference_high: "0.15" });
    expect(data[0]).toMatchObject({ bootstrap_resamples: "", bootstrap_mean_low: "" });
  });
});
