import { csvLine } from "../../study/csv.ts";
import type { Study } from "../../study/study.ts";
import type { AlphaGroup } from "./cellIndex.ts";
import { type MetricInfo, methodTable, metricInfos } from "./methodTable.ts";

const names: Readonly<Record<MetricInfo["key"], string>> = {
  auroc: "auroc",
  fpr95Id: "fpr95_id",
  fpr95Ood: "fpr95_ood",
  auprIn: "aupr_in",
  auprOut: "aupr_out",
};

/**
 * The method × set table of one α with all of its metrics: a row per detector and set (or mean), per metric the mean
 * over seeds and its sample σ, fractions; an undefined value is an empty field with the reason in the last column.
 */
export function methodCsv(study: Study, group: AlphaGroup): string {
  const tables = metricInfos.map((metric) => methodTable(group, metric));
  const values = metricInfos.flatMap(({ key }) => [names[key], `${names[key]}_sd`]);
  const lines = [csvLine(["study", "alpha", "detector", "ood_set", "group", "n", ...values, "undefined_because"])];
  const [first] = tables;
  for (const [r, row] of (first?.rows ?? []).entries()) {
    for (const [c, column] of (first?.columns ?? []).entries()) {
      const spreads = tables.map((table) => table.rows[r]?.cells[c]?.spread ?? null);
      lines.push(
        csvLine([
          study.name,
          group.alpha,
          row.detector,
          column.key,
          column.group,
          Math.max(0, ...spreads.map((spread) => spread?.n ?? 0)),
          ...spreads.flatMap((spread) => [spread?.mean ?? null, spread?.sigma ?? null]),
          row.reasons.join("; "),
        ]),
      );
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}
