import { meanAndSigma, pairedDifference } from "../../metrics/spread.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { CellIndex } from "../model/cellIndex.ts";
import { type CurveMetric, curveMetrics, metricOf } from "../model/curve.ts";

/** No word of a difference below this many common seeds. */
export const SEEDS_FOR_A_CLAIM = 3;

export interface CompareValue {
  readonly mean: number;
  /** Sample σ (n − 1); null for one seed. */
  readonly sigma: number | null;
  /** Mean difference to α = 1 on the same seeds and its sample σ; null below three common seeds. */
  readonly difference: { readonly mean: number; readonly sigma: number | null; readonly n: number } | null;
}

/** One α of one generator. */
export interface CompareRow {
  readonly generator: string | null;
  readonly alpha: number;
  readonly seeds: number;
  readonly converged: boolean;
  readonly values: Readonly<Record<CurveMetric, CompareValue | null>>;
}

/** Every finished α of every curve under one detector; the baseline once, first. */
export function compareRows(index: CellIndex, detector: string): CompareRow[] {
  const rows: CompareRow[] = [];
  let baselineShown = false;
  for (const curve of index.curves) {
    const baseline = curve.groups.find((group) => group.alpha === 1)?.cells ?? [];
    for (const group of [...curve.groups].reverse()) {
      const isBaseline = group.alpha === 1;
      if (group.cells.length === 0 || (isBaseline && baselineShown)) continue;
      baselineShown ||= isBaseline;
      rows.push({
        generator: isBaseline ? null : curve.generator,
        alpha: group.alpha,
        seeds: group.cells.length,
        converged: group.cells.every((summary) => summary.converged),
        values: Object.fromEntries(
          curveMetrics.map((metric) => [
            metric,
            compareValue(group.cells, isBaseline ? [] : baseline, detector, metric),
          ]),
        ) as CompareRow["values"],
      });
    }
  }
  return rows;
}

function compareValue(
  cells: readonly CellSummary[],
  baseline: readonly CellSummary[],
  detector: string,
  metric: CurveMetric,
): CompareValue | null {
  const bySeed = (members: readonly CellSummary[]): Map<number, number> =>
    new Map(
      members.flatMap((summary) => {
        const value = metricOf(summary, detector, metric);
        return value === null ? [] : [[summary.cell.seed, value] as const];
      }),
    );
  const own = bySeed(cells);
  const spread = meanAndSigma([...own.values()]);
  if (spread === null) return null;
  const pairs = pairedDifference(own, bySeed(baseline));
  return {
    mean: spread.mean,
    sigma: spread.sampleSigma,
    difference:
      pairs === null || pairs.n < SEEDS_FOR_A_CLAIM ? null : { mean: pairs.mean, sigma: pairs.sd, n: pairs.n },
  };
}
