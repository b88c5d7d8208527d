import { meanMetrics } from "../../metrics/meanMetrics.ts";
import { csvLine, RESULT_COLUMNS } from "../../study/csv.ts";
import type { DetectorResult, Metrics } from "../../study/result.ts";

/** What stands in every row of a metrics.csv. */
export interface MetricsContext {
  readonly preset: string;
  /** On the ID test set; null where it has no labels. */
  readonly idAccuracy: number | null;
  /** Of the classifier, where one was run. */
  readonly benchmark?: string;
  readonly network?: string;
  readonly width?: number;
  readonly backend?: string;
  readonly threads?: number;
  /** Of the kernels that scored. */
  readonly kernelVariant?: string;
}

type Field = string | number | null;

/** Group of each OOD test set by name; a set that is in none has rows, but enters no mean. */
export type Groups = ReadonlyMap<string, "near" | "far">;

/**
 * metrics.csv: the columns of results.csv, those of training empty. One row per detector × OOD test set, and the rows
 * `near` and `far`, unweighted means over the sets of the group. Where a group is one set of the group's own name, its
 * row is the mean.
 */
export function metricsCsv(results: readonly DetectorResult[], groups: Groups, context: MetricsContext): string {
  const lines = metricsRows(results, groups, context).map((row) =>
    csvLine(RESULT_COLUMNS.map((column) => row[column] ?? null)),
  );
  return `${[csvLine(RESULT_COLUMNS), ...lines].join("\r\n")}\r\n`;
}

/** The rows of metrics.csv, by column. */
export function metricsRows(
  results: readonly DetectorResult[],
  groups: Groups,
  context: MetricsContext,
): Record<string, Field>[] {
  return results.flatMap((result) => {
    const tests = result.sets.filter(({ test }) => test);
    const row = (name: string, group: "near" | "far" | null, nId: number, nOod: number, metrics: Metrics) => ({
      benchmark: context.benchmark ?? null,
      network: context.network ?? null,
      width: context.width ?? null,
      preset: context.preset,
      detector: result.detector,
      ood_set: name,
      group,
      n_id: nId,
      n_ood: nOod,
      auroc: metrics.auroc,
      fpr95_id: metrics.fpr95Id,
      fpr95_ood: metrics.fpr95Ood,
      aupr_in: metrics.auprIn,
      aupr_out: metrics.auprOut,
      id_accuracy: context.idAccuracy,
      backend: context.backend ?? null,
      threads: context.threads ?? null,
      undefined_because: metrics.auroc === null ? result.undefinedBecause : null,
      kernel_variant: context.kernelVariant ?? null,
    });
    const rows: Record<string, Field>[] = tests.map(({ set, nId, nOod, metrics }) =>
      row(set, groups.get(set) ?? null, nId, nOod, metrics),
    );
    for (const group of ["near", "far"] as const) {
      const members = tests.filter(({ set }) => groups.get(set) === group);
      const [first] = members;
      if (first === undefined || (members.length === 1 && first.set === group)) continue;
      const nOod = members.reduce((sum, set) => sum + set.nOod, 0);
      rows.push(row(group, group, first.nId, nOod, meanMetrics(members)));
    }
    return rows;
  });
}
