import { MOST_MORE_SEEDS } from "../../metrics/paired.ts";
import { csvLine } from "../../study/csv.ts";
import type { CurveMetric } from "../model/curve.ts";
import type { RowBootstrap } from "./bootstraps.ts";
import type { ComparisonGroup, ComparisonRow } from "./comparison.ts";

const metrics: readonly CurveMetric[] = ["accuracy", "near", "far"];

const COLUMNS = [
  "study", "detector", "generator", "alpha", "method", "pool_size", "seeds_finished", "seeds_planned",
  "not_converged", "metric", "n", "mean", "sigma_sample", "sigma_population", "difference_n", "difference_mean",
  "difference_sigma_sample", "difference_t95_low", "difference_t95_high", "pairing_r", "verdict", "more_seeds",
  "best_separable", "bootstrap_resamples", "bootstrap_mean_low", "bootstrap_mean_high", "bootstrap_difference_low",
  "bootstrap_difference_high", "provenance",
] as const; // biome-ignore format: as a header reads

/** What a table of differences shows, one row per generator, α and metric; fractions at full precision (RFC 4180). */
export function comparisonCsv(
  study: string,
  detector: string,
  group: ComparisonGroup,
  bootstrapOf: (row: ComparisonRow) => RowBootstrap | null,
): string {
  const lines = group.rows.flatMap((row) =>
    metrics.map((metric) =>
      csvLine([study, detector, ...about(row), ...numbers(group, row, metric, bootstrapOf(row))]),
    ),
  );
  return `${[csvLine(COLUMNS), ...lines].join("\r\n")}\r\n`;
}

type Fields = readonly (string | number | boolean | null)[];

function about({ curve, alpha, baselines, cells, planned, notConverged }: ComparisonRow): Fields {
  const generator = cells[0]?.cell.generator ?? "none";
  const poolSize = baselines.length === 0 && generator === "none" ? 0 : curve.poolSize;
  return [generator, alpha, curve.method, poolSize, cells.length, planned, notConverged];
}

function numbers(
  { leads }: ComparisonGroup,
  row: ComparisonRow,
  metric: CurveMetric,
  bootstrap: RowBootstrap | null,
): Fields {
  const { spread, paired } = row.metrics[metric];
  const result = bootstrap?.kind === "done" ? bootstrap.result : null;
  const drawn = metric === "accuracy" ? null : (result?.[metric] ?? null);
  const more = paired?.moreSeeds ?? null;
  return [
    metric === "accuracy" ? "id_accuracy" : `${metric}_auroc`,
    spread?.n ?? 0,
    spread?.mean ?? null,
    spread?.sigma ?? null,
    spread?.populationSigma ?? null,
    paired?.n ?? null,
    paired?.mean ?? null,
    paired?.sd ?? null,
    paired?.interval?.low ?? null,
    paired?.interval?.high ?? null,
    paired?.correlation ?? null,
    paired?.verdict ?? "",
    more !== null && more > MOST_MORE_SEEDS ? `over ${MOST_MORE_SEEDS}` : more,
    leads[metric]?.bold === row.key,
    drawn === null ? null : (result?.resamples ?? null),
    drawn?.mean.low ?? null,
    drawn?.mean.high ?? null,
    drawn?.difference?.low ?? null,
    drawn?.difference?.high ?? null,
    row.provenance ?? "none",
  ];
}
