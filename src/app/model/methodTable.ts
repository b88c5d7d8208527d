import { detectors } from "../../detection/registry.ts";
import { isLevel, type Lead, leadOf } from "../../metrics/separable.ts";
import type { DetectorResult, Metrics, SetResult } from "../../study/result.ts";
import { detectorOf, type SeedSpread, seedSpread } from "./curve.ts";

export type MetricKey = keyof Metrics;

/** Evaluations of one α by different seeds; one where it came from elsewhere. */
export interface ScoredGroup {
  readonly cells: readonly {
    readonly cell: { readonly seed: number };
    readonly detectors: readonly DetectorResult[];
  }[];
}

/** A metric as tables name it: with its convention, where there are two. */
export interface MetricInfo {
  readonly key: MetricKey;
  readonly title: string;
  readonly explain: string;
  readonly higherIsBetter: boolean;
}

export const metricInfos: readonly MetricInfo[] = [
  { key: "auroc", title: "AUROC ↑", explain: "P(ID scores above OOD), ties ½", higherIsBetter: true },
  {
    key: "fpr95Id",
    title: "FPR@95 ID+ ↓",
    explain: "ID positive (OpenOOD v1.0, the paper): share of OOD accepted when 95 % of ID are",
    higherIsBetter: false,
  },
  {
    key: "fpr95Ood",
    title: "FPR@95 OOD+ ↓",
    explain: "OOD positive (OpenOOD since August 2023): share of ID rejected when 95 % of OOD are caught",
    higherIsBetter: false,
  },
  {
    key: "auprIn",
    title: "AUPR-in ↑",
    explain: "ID positive; depends on how many OOD images there are",
    higherIsBetter: true,
  },
  {
    key: "auprOut",
    title: "AUPR-out ↑",
    explain: "OOD positive; depends on how many OOD images there are",
    higherIsBetter: true,
  },
];

/** A test set, or the unweighted mean over those of a group. */
export interface MethodColumn {
  /** Set name, or "near" / "far" for the means. */
  readonly key: string;
  readonly group: "near" | "far";
  readonly mean: boolean;
}

export interface MethodCell {
  /** Over the seeds that have a value; null where none has. */
  readonly spread: SeedSpread | null;
  /** The best of its column, and separable from every other detector there. */
  readonly bold: boolean;
  /** Nobody is bold, and this is the best of its column or cannot be told from it. */
  readonly level: boolean;
}

export interface MethodRow {
  /** Key of the detector: "knn", "knn(K=100)". */
  readonly detector: string;
  /** In the order of the columns. */
  readonly cells: readonly MethodCell[];
  /** "undefined, because …", one entry per different sentence of its seeds. */
  readonly reasons: readonly string[];
}

export interface MethodTable {
  readonly columns: readonly MethodColumn[];
  readonly rows: readonly MethodRow[];
}

/** Every detector that a finished cell of this α was scored with × every OOD test set. */
export function methodTable(group: ScoredGroup, metric: MetricInfo): MethodTable {
  const results = group.cells.flatMap((summary) => summary.detectors);
  const columns = columnsOf(results);
  const keys = [...new Set(results.map(keyOf))].sort(inRegistryOrder);
  const leads = columns.map((column) => leadIn(group, keys, column, metric));
  const rows = keys.map((detector): MethodRow => {
    const own = group.cells.map((summary) => detectorOf(summary, detector));
    return {
      detector,
      cells: columns.map((column, at) => ({
        spread: seedSpread(own.map((result) => metricIn(result, column, metric.key))),
        bold: leads[at]?.bold === detector,
        level: isLevel(leads[at] ?? null, detector),
      })),
      reasons: [...new Set(own.flatMap((result) => result?.undefinedBecause ?? []))],
    };
  });
  return { columns, rows };
}

function keyOf(result: DetectorResult): string {
  return result.variant ?? result.detector;
}

function inRegistryOrder(a: string, b: string): number {
  const place = (key: string): number => detectors.findIndex(({ name }) => name === key.split("(")[0]);
  return place(a) - place(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The sets of a group, then their mean. */
function columnsOf(results: readonly DetectorResult[]): MethodColumn[] {
  const sets = new Map<string, SetResult>();
  for (const result of results) for (const set of result.sets) if (set.test) sets.set(set.set, set);
  return (["near", "far"] as const).flatMap((group) => [
    ...[...sets.values()]
      .filter((set) => set.group === group)
      .map((set): MethodColumn => ({ key: set.set, group, mean: false })),
    { key: group, group, mean: true },
  ]);
}

export function metricIn(result: DetectorResult | null, column: MethodColumn, metric: MetricKey): number | null {
  if (result === null) return null;
  if (column.mean) return result[column.group][metric];
  return result.sets.find((set) => set.set === column.key)?.metrics[metric] ?? null;
}

function leadIn(group: ScoredGroup, keys: readonly string[], column: MethodColumn, metric: MetricInfo): Lead | null {
  const entries = keys.map((key) => {
    const bySeed = new Map<number, number>();
    for (const summary of group.cells) {
      const value = metricIn(detectorOf(summary, key), column, metric.key);
      if (value !== null) bySeed.set(summary.cell.seed, metric.higherIsBetter ? value : -value);
    }
    return { key, bySeed };
  });
  return leadOf(entries);
}

/** Rows by the values of a column, best first (`reversed`: worst first); those without a value come last. */
export function sortedRows(
  { columns, rows }: MethodTable,
  column: string,
  metric: MetricInfo,
  reversed: boolean,
): readonly MethodRow[] {
  const at = columns.findIndex((candidate) => candidate.key === column);
  if (at < 0) return rows;
  const sign = metric.higherIsBetter === reversed ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [left, right] = [a.cells[at]?.spread, b.cells[at]?.spread];
    if (!left || !right) return Number(!left) - Number(!right);
    return sign * (left.mean - right.mean);
  });
}
