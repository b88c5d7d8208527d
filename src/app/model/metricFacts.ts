import type { Metrics } from "../../study/result.ts";

export type MetricKey = keyof Metrics;

/** One OOD metric in words; every place that lists metrics reads it here. */
export interface MetricFacts {
  readonly key: MetricKey;
  readonly title: string;
  readonly explain: string;
  readonly lowerIsBetter: boolean;
}

export const metricFacts: readonly MetricFacts[] = [
  { key: "auroc", title: "AUROC", explain: "P(ID scores above OOD), ties ½", lowerIsBetter: false },
  {
    key: "fpr95Id",
    title: "FPR@95 (ID positive)",
    explain: "OOD accepted when 95 % of ID are (OpenOOD v1.0, the paper)",
    lowerIsBetter: true,
  },
  {
    key: "fpr95Ood",
    title: "FPR@95 (OOD positive)",
    explain: "ID rejected when 95 % of OOD are caught (OpenOOD since August 2023)",
    lowerIsBetter: true,
  },
  {
    key: "auprIn",
    title: "AUPR-in",
    explain: "ID positive; depends on how many OOD images there are",
    lowerIsBetter: false,
  },
  {
    key: "auprOut",
    title: "AUPR-out",
    explain: "OOD positive; depends on how many OOD images there are",
    lowerIsBetter: false,
  },
];

export function metricFactsOf(key: MetricKey): MetricFacts {
  return metricFacts.find((facts) => facts.key === key) as MetricFacts;
}
