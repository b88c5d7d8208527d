import { type Entry, type Lead, leadOf } from "../../metrics/separable.ts";
import { type MeanAndSigma, meanAndSigma } from "../../metrics/spread.ts";
import type { DetectorResult } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { type MetricKey, metricFactsOf } from "../model/metricFacts.ts";

/** A test set, or the unweighted mean over the test sets of a group. */
export interface SetColumn {
  readonly key: string;
  readonly group: "near" | "far";
  readonly mean: boolean;
}

/** One detector on one column; fractions. */
export interface MethodCell {
  readonly bySeed: ReadonlyMap<number, number>;
  readonly spread: MeanAndSigma | null;
}

export interface MethodRow {
  /** detectorKey: a variant with the user's hyper-parameters is a row of its own. */
  readonly detector: string;
  readonly undefinedBecause: string | null;
  /** One per column. */
  readonly cells: readonly MethodCell[];
}

/** Detectors × OOD sets at one α, in the layout of the paper's Table 1. */
export interface MethodTable {
  readonly metric: MetricKey;
  readonly columns: readonly SetColumn[];
  readonly rows: readonly MethodRow[];
  /** One per column. */
  readonly leads: readonly (Lead | null)[];
}

/** The study's detectors, then what its cells were scored with beyond them. */
export function detectorKeys(study: readonly string[], finished: readonly CellSummary[]): string[] {
  const scored = finished.flatMap(({ detectors }) => detectors.map((result) => result.variant ?? result.detector));
  return [...new Set([...study, ...scored])];
}

/** `cells` are the finished seeds of one α. */
export function methodTable(
  cells: readonly CellSummary[],
  detectors: readonly string[],
  metric: MetricKey,
): MethodTable {
  const columns = columnsOf(cells);
  const rows = detectors.map((detector): MethodRow => {
    const results = cells.flatMap((cell) => {
      const result = detectorOf(cell, detector);
      return result === null ? [] : [{ seed: cell.cell.seed, result }];
    });
    return {
      detector,
      undefinedBecause: results.find(({ result }) => result.undefinedBecause)?.result.undefinedBecause ?? null,
      cells: columns.map((column) => {
        const bySeed = new Map<number, number>();
        for (const { seed, result } of results) {
          const value = resultOn(result, column, metric);
          if (value !== null) bySeed.set(seed, value);
        }
        return { bySeed, spread: meanAndSigma([...bySeed.values()]) };
      }),
    };
  });
  const sign = metricFactsOf(metric).lowerIsBetter ? -1 : 1;
  const leads = columns.map((_, at) => leadOf(rows.map((row) => entryOf(row, at, sign))));
  return { metric, columns, rows, leads };
}

/** Near sets, their mean, far sets, their mean; a mean only where the group has several sets. */
function columnsOf(cells: readonly CellSummary[]): SetColumn[] {
  const sets = cells.find(({ detectors }) => detectors.length > 0)?.detectors[0]?.sets ?? [];
  return (["near", "far"] as const).flatMap((group) => {
    const members = sets.filter((set) => set.test && set.group === group);
    const columns = members.map(({ set }): SetColumn => ({ key: set, group, mean: false }));
    return members.length === 0 ? [] : [...columns, { key: `${group} mean`, group, mean: true }];
  });
}

function resultOn(result: DetectorResult, { key, group, mean }: SetColumn, metric: MetricKey): number | null {
  if (mean) return result[group][metric];
  return result.sets.find((set) => set.test && set.set === key)?.metrics[metric] ?? null;
}

function entryOf({ detector, cells }: MethodRow, at: number, sign: number): Entry {
  const bySeed = new Map([...(cells[at]?.bySeed ?? [])].map(([seed, value]) => [seed, sign * value]));
  return { key: detector, bySeed };
}
