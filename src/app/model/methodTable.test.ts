import { describe, expect, it } from "vitest";
import type { DetectorResult, Metrics } from "../../study/result.ts";
import { planStudy } from "../../study/study.ts";
import type { AlphaGroup } from "./cellIndex.ts";
import { methodCsv } from "./methodCsv.ts";
import { type MetricInfo, methodTable, metricInfos, sortedRows } from "./methodTable.ts";
import { finishedCell } from "./testing/finishedCell.ts";

const study = planStudy({
  name: "t",
  benchmark: "shapes",
  preset: "look",
  generators: [],
  alphas: [1],
  pools: [1],
  seeds: [0, 1, 2],
  detectors: ["msp"],
});

const metrics = (auroc: number | null): Metrics => ({
  auroc,
  fpr95Id: auroc === null ? null : 1 - auroc,
  fpr95Ood: null,
  auprIn: null,
  auprOut: null,
});

function result(key: string, near: number | null, far: number | null): DetectorResult {
  const [detector = ""] = key.split("(");
  const set = (name: string, group: "near" | "far", value: number | null, test = true) => ({
    set: name,
    group,
    test,
    nId: 10,
    nOod: 10,
    metrics: metrics(value),
    histogram: null,
    roc: null,
    worst: [],
  });
  return {
    detector,
    ...(detector === key ? {} : { variant: key }),
    params: {},
    undefinedBecause: near === null ? "undefined, because K = 100 exceeds 10" : null,
    near: metrics(near),
    far: metrics(far),
    sets: [set("textures", "far", far), set("unseen", "near", near), set("near_val", "near", 0.5, false)],
    worstId: [],
  };
}

/** Three seeds; per seed what each detector has. */
function group(rows: readonly (readonly DetectorResult[])[]): AlphaGroup {
  const cells = rows.map((detectors, seed) => finishedCell(study.cells[seed] as never, { detectors }));
  return { alpha: 1, planned: 3, cells };
}

const auroc = metricInfos[0] as MetricInfo;
const fpr = metricInfos[1] as MetricInfo;

const three = group([
  [result("knn(K=100)", null, null), result("knn", 0.9, 0.7), result("msp", 0.7, 0.71)],
  [result("knn", 0.91, 0.72), result("msp", 0.71, 0.7)],
  [result("knn", 0.92, 0.68), result("msp", 0.7, 0.69)],
]);

describe("method × set", () => {
  const table = methodTable(three, auroc);

  it("lists test sets by group, each group's mean behind them, detectors as the registry does", () => {
    expect(table.columns.map(({ key }) => key)).toEqual(["unseen", "near", "textures", "far"]);
    expect(table.rows.map(({ detector }) => detector)).toEqual(["msp", "knn", "knn(K=100)"]);
  });

  it("means over the seeds that have a value", () => {
    const [, knn, variant] = table.rows;
    expect(knn?.cells[0]?.spread).toMatchObject({ n: 3, mean: 0.91 });
    expect(variant?.cells.every((cell) => cell.spread === null)).toBe(true);
    expect(variant?.reasons).toEqual(["undefined, because K = 100 exceeds 10"]);
  });

  it("bolds the best only where its seeds tell it from every other", () => {
    const bold = (at: number, which = table) =>
      which.rows.filter((row) => row.cells[at]?.bold).map(({ detector }) => detector);
    expect(bold(0)).toEqual(["knn"]);
    expect(bold(2)).toEqual([]);
    expect(bold(0, methodTable(three, fpr))).toEqual(["knn"]);
    expect(bold(0, methodTable({ ...three, cells: three.cells.slice(0, 2) }, auroc))).toEqual([]);
  });

  it("sorts best first by the metric's own direction, undefined last", () => {
    const order = (metric: MetricInfo, reversed: boolean) =>
      sortedRows(methodTable(three, metric), "unseen", metric, reversed).map(({ detector }) => detector);
    expect(order(auroc, false)).toEqual(["knn", "msp", "knn(K=100)"]);
    expect(order(auroc, true)).toEqual(["msp", "knn", "knn(K=100)"]);
    expect(order(fpr, false)).toEqual(["knn", "msp", "knn(K=100)"]);
    expect(sortedRows(table, "nosuch", auroc, false)).toBe(table.rows);
  });
});

describe("its CSV", () => {
  const lines = methodCsv(study, three).trimEnd().split("\r\n");

  it("has a row per detector and column with every metric", () => {
    expect(lines).toHaveLength(1 + 3 * 4);
    expect(lines[0]).toBe(
      "study,alpha,detector,ood_set,group,n,auroc,auroc_sd,fpr95_id,fpr95_id_sd,fpr95_ood,fpr95_ood_sd,aupr_in,aupr_in_sd,aupr_out,aupr_out_sd,undefined_because",
    );
    const fields = lines.find((line) => line.startsWith("t,1,knn,unseen,"))?.split(",") ?? [];
    expect(Number(fields[6])).toBeCloseTo(0.91, 12);
    expect(Number(fields[7])).toBeCloseTo(0.01, 12);
    expect(Number(fields[8])).toBeCloseTo(0.09, 12);
    expect(fields.slice(10)).toEqual(["", "", "", "", "", "", ""]);
  });

  it("leaves undefined values empty and says why", () => {
    expect(lines.find((line) => line.includes("knn(K=100),near,"))).toBe(
      't,1,knn(K=100),near,near,0,,,,,,,,,,,"undefined, because K = 100 exceeds 10"',
    );
  });
});
