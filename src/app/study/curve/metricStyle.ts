import type { CurveMetric } from "../../model/curve.ts";

export const metricColours: Readonly<Record<CurveMetric, string>> = {
  near: "var(--near)",
  far: "var(--far)",
  accuracy: "var(--accuracy)",
};

export const metricTitles: Readonly<Record<CurveMetric, string>> = {
  near: "near-OOD AUROC",
  far: "far-OOD AUROC",
  accuracy: "ID accuracy",
};
