import { csvLine } from "../../study/csv.ts";
import type { MethodTable } from "./methodTable.ts";

const COLUMNS = [
  "study", "generator", "alpha", "metric", "detector", "ood_set", "group", "n", "mean", "sigma_sample",
  "sigma_population", "best_separable", "undefined_because",
] as const; // biome-ignore format: as a header reads

/** The method × set table, one row per detector and column; fractions at full precision (RFC 4180). */
export function methodCsv(
  { study, generator, alpha }: { study: string; generator: string; alpha: number },
  { metric, columns, rows, leads }: MethodTable,
): string {
  const lines = rows.flatMap(({ detector, cells, undefinedBecause }) =>
    columns.map(({ key, group, mean }, at) => {
      const spread = cells[at]?.spread ?? null;
      return csvLine([
        study,
        generator,
        alpha,
        metric,
        detector,
        mean ? group : key,
        group,
        spread?.n ?? 0,
        spread?.mean ?? null,
        spread?.sampleSigma ?? null,
        spread?.populationSigma ?? null,
        leads[at]?.bold === detector,
        spread === null ? (undefinedBecause ?? "not scored") : "",
      ]);
    }),
  );
  return `${[csvLine(COLUMNS), ...lines].join("\r\n")}\r\n`;
}
