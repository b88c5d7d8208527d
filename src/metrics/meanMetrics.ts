import type { Metrics } from "../study/result.ts";
import { groupMean } from "./spread.ts";

/** Unweighted means over the sets of a group, metric by metric: the paper's near and far; null where a set has none. */
export function meanMetrics(sets: readonly { readonly metrics: Metrics }[]): Metrics {
  const mean = (key: keyof Metrics): number | null => groupMean(sets.map(({ metrics }) => metrics[key]));
  return {
    auroc: mean("auroc"),
    fpr95Id: mean("fpr95Id"),
    fpr95Ood: mean("fpr95Ood"),
    auprIn: mean("auprIn"),
    auprOut: mean("auprOut"),
  };
}
