import { parse } from "papaparse";
import { describe, expect, it } from "vitest";
import type { DetectorResult, Metrics, SetResult } from "../../study/result.ts";
import { planStudy } from "../../study/study.ts";
import { detectorResult, finishedCell } from "../model/testing/finishedCell.ts";
import { methodCsv } from "./methodCsv.ts";
import { detectorKeys, methodTable } from "./methodTable.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: [],
  alphas: [1],
  pools: [1],
  seeds: [0, 1, 2],
  detectors: ["msp", "knn", "ebo"],
});

const metrics = (auroc: number | null): Metrics => ({
  auroc,
  fpr95Id: auroc === null ? null : 1 - auroc,
  fpr95Ood: null,
  auprIn: null,
  auprOut: null,
});
const set = (name: string, group: "near" | "far", test: boolean, auroc: number | null): SetResult => ({
  set: name,
  group,
  test,
  nId: 9,
  nOod: 9,
  metrics: metrics(auroc),
  histogram: null,
  roc: null,
  worst: [],
});

function scored(detector: string, near: number | null, far: readonly [number, number] | null): DetectorResult {
  const mean = far === null ? null : (far[0] + far[1]) / 2;
  return {
    ...detectorResult(detector, near, mean),
    near: metrics(near),
    far: metrics(mean),
    sets: [
      set("near_unseen", "near", true, near),
      set("near_val", "near", false, 0.5),
      set("digits", "far", true, far?.[0] ?? null),
      set("textures", "far", true, far?.[1] ?? null),
    ],
  };
}

/** KNN leads near by 5 points on every seed; on digits MSP and KNN change places; EBO is undefined. */
const cells = study.cells.map((cell) => {
  const by = cell.seed / 100;
  return finishedCell(cell, {
    detectors: [
      scored("msp", 0.7 + by, [0.8 + by, 0.9]),
      scored("knn", 0.75 + by * 1.1, [cell.seed === 1 ? 0.7 : 0.83, 0.95 + by / 9]),
      scored("ebo", null, null),
    ],
  });
});

describe("methodTable", () => {
  const table = methodTable(cells, ["msp", "knn", "ebo"], "auroc");
  it("has the test sets and behind each group its mean; validation sets are not in it", () =>
    expect(table.columns.map(({ key }) => key)).toEqual([
      "near_unseen",
      "near mean",
      "digits",
      "textures",
      "far mean",
    ]));
  it("takes means over seeds", () => {
    expect(table.rows[0]?.cells[0]?.spread?.mean).toBeCloseTo(0.71, 12);
    expect(table.rows[0]?.cells[4]?.spread?.mean).toBeCloseTo(0.855, 12);
    expect(table.rows[2]?.cells[0]?.spread).toBeNull();
    expect(table.rows[2]?.undefinedBecause).toContain("undefined, because");
  });
  it("lets the best stand out where it is separable, and names the level ones where not", () => {
    expect(table.leads[0]).toEqual({ best: "knn", bold: "knn", tied: [] });
    expect(table.leads[2]).toMatchObject({ best: "msp", bold: null, tied: ["knn"] });
  });
  it("turns round where lower is better", () => {
    const fpr = methodTable(cells, ["msp", "knn", "ebo"], "fpr95Id");
    expect(fpr.leads[0]?.bold).toBe("knn");
    expect(fpr.rows[1]?.cells[0]?.spread?.mean).toBeCloseTo(0.239, 12);
  });
  it("lets nobody stand out below three seeds", () =>
    expect(methodTable(cells.slice(0, 2), ["msp", "knn"], "auroc").leads.map((lead) => lead?.bold)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]));
  it("is empty without cells", () => expect(methodTable([], ["msp"], "auroc").columns).toEqual([]));
});

describe("methodCsv", () => {
  const csv = methodCsv({ study: "a, b", generator: "none", alpha: 1 }, methodTable(cells, ["msp", "ebo"], "auroc"));
  const { data, errors } = parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
  it("is read back with fractions at full precision", () => {
    expect(errors).toEqual([]);
    expect(data).toHaveLength(10);
    expect(data[0]).toMatchObject({ study: "a, b", detector: "msp", ood_set: "near_unseen", n: "3" });
    expect(Number(data[0]?.mean)).toBe(methodTable(cells, ["msp"], "auroc").rows[0]?.cells[0]?.spread?.mean);
  });
  it("leaves an undefined value empty and says why", () =>
    expect(data[5]).toMatchObject({
      detector: "ebo",
      mean: "",
      undefined_because: expect.stringContaining("because"),
    }));
});

describe("detectorKeys", () => {
  it("has the study's detectors and what was scored beyond them", () => {
    const [cell] = cells;
    if (cell === undefined) throw new Error("no cell");
    const more = { ...scored("knn", 0.7, null), variant: "knn(K=3)" };
    expect(detectorKeys(["msp", "vim"], [{ ...cell, detectors: [...cell.detectors, more] }])).toEqual([
      "msp",
      "vim",
      "knn",
      "ebo",
      "knn(K=3)",
    ]);
  });
});
