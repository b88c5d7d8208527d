import { meanAndSigma } from "../../metrics/spread.ts";
import type { DetectorResult } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { AlphaGroup, Curve } from "./cellIndex.ts";

/** What the α chart draws of a cell; fractions. */
export type CurveMetric = "near" | "far" | "accuracy";
export const curveMetrics: readonly CurveMetric[] = ["near", "far", "accuracy"];

/** Mean over seeds and how far they spread. */
export interface SeedSpread {
  readonly n: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Sample σ (n − 1); null for one seed. */
  readonly sigma: number | null;
  /** Population σ (n), OpenOOD's; null for one seed. */
  readonly populationSigma: number | null;
}

/** One α of one curve under one detector. Null where no seed has a value: nothing is filled in. */
export interface CurvePoint {
  readonly alpha: number;
  readonly near: SeedSpread | null;
  readonly far: SeedSpread | null;
  readonly accuracy: SeedSpread | null;
  readonly finished: number;
  readonly planned: number;
  /** True when every finished cell is converged. */
  readonly converged: boolean;
}

/** A detector's result of a cell by its detectorKey, or null when the cell was not scored so. */
export function detectorOf(summary: Pick<CellSummary, "detectors">, detector: string): DetectorResult | null {
  return summary.detectors.find((result) => (result.variant ?? result.detector) === detector) ?? null;
}

/** The value of one cell: near or far mean AUROC over test sets, or ID test accuracy. */
export function metricOf(summary: CellSummary, detector: string, metric: CurveMetric): number | null {
  if (metric === "accuracy") return summary.idAccuracy;
  return detectorOf(summary, detector)?.[metric].auroc ?? null;
}

/** Mean, range and σ of the values that exist; null when none does. */
export function seedSpread(values: readonly (number | null)[]): SeedSpread | null {
  const defined = values.filter((value) => value !== null);
  const spread = meanAndSigma(defined);
  if (spread === null) return null;
  return {
    n: spread.n,
    mean: spread.mean,
    min: Math.min(...defined),
    max: Math.max(...defined),
    sigma: spread.sampleSigma,
    populationSigma: spread.n > 1 ? spread.populationSigma : null,
  };
}

export function pointOf(group: AlphaGroup, detector: string): CurvePoint {
  const spread = (metric: CurveMetric): SeedSpread | null =>
    seedSpread(group.cells.map((summary) => metricOf(summary, detector, metric)));
  return {
    alpha: group.alpha,
    near: spread("near"),
    far: spread("far"),
    accuracy: spread("accuracy"),
    finished: group.cells.length,
    planned: group.planned,
    converged: group.cells.every((summary) => summary.converged),
  };
}

/** The measured points of a curve, α ascending: only α with at least one finished cell. */
export function curvePoints(curve: Curve, detector: string): CurvePoint[] {
  return curve.groups.filter((group) => group.cells.length > 0).map((group) => pointOf(group, detector));
}

/** The baseline's point (α = 1), or null while it has not run. */
export function baselineOf(points: readonly CurvePoint[]): CurvePoint | null {
  return points.find((point) => point.alpha === 1) ?? null;
}

/** How far the whisker reaches below and above the mean; null where one seed has no spread. */
export function whisker(spread: SeedSpread, kind: "range" | "sigma"): [below: number, above: number] | null {
  if (spread.n < 2) return null;
  if (kind === "range") return [spread.mean - spread.min, spread.max - spread.mean];
  return spread.sigma === null ? null : [spread.sigma, spread.sigma];
}
