import { csvLine } from "../../study/csv.ts";
import type { SearchResult } from "../../study/rescore.ts";

/** search.csv: one row per candidate of the v1.5 hyper-parameter search, in the order tried. */
export function searchCsv(searches: readonly SearchResult[]): string {
  const header = ["detector", "parameters", "oodval", "auroc", "chosen", "undefined_because"];
  const lines = searches.flatMap(({ detector, candidates, best, valSets }) =>
    candidates.map(({ params, auroc, undefinedBecause }, k) => {
      const values = Object.entries(params).map(([name, value]) => `${name}=${value}`);
      return csvLine([detector, values.join(" "), valSets.join(" "), auroc, k === best, undefinedBecause]);
    }),
  );
  return `${[csvLine(header), ...lines].join("\r\n")}\r\n`;
}
