import type { GeneratorInfo } from "../../../generators/generator.ts";
import { type RankCorrelation, rankCorrelation } from "../../../metrics/fidelity/rankCorrelation.ts";
import { csvLine } from "../../../study/csv.ts";
import type { FidelityProtocol, FidelityRecord } from "../../../study/fidelity.ts";
import { sameAlpha } from "../../model/cellIndex.ts";
import type { ComparisonGroup } from "../comparison.ts";

/** One generator in the chart of fidelity against AUROC. */
export interface FidelityPoint {
  readonly generator: string;
  readonly title: string;
  readonly kind: "learned" | "controlled";
  readonly frechet: number;
  readonly floor: number | null;
  /** Mean of near and far, over seeds; fraction. */
  readonly auroc: number;
  readonly seeds: number;
}

export interface FidelityFigure {
  /** How all its distances were made: those made otherwise do not compare, and are left out. */
  readonly protocol: FidelityProtocol | null;
  readonly points: readonly FidelityPoint[];
  /** By kind, never over both: a knob of a simulation and a learned generator are no one series. */
  readonly trends: Readonly<Record<FidelityPoint["kind"], RankCorrelation | null>>;
}

/** Distances of one protocol, the newest report's, against AUROC at one α. */
export function fidelityFigure(
  groups: readonly ComparisonGroup[],
  records: readonly FidelityRecord[],
  generators: readonly GeneratorInfo[],
  benchmark: string,
  alpha: number,
): FidelityFigure {
  const own = records.filter((record) => record.benchmark === benchmark);
  const protocol = own[0]?.report.protocol ?? null;
  const alike = own.filter(({ report }) => protocol !== null && sameProtocol(report.protocol, protocol));
  const points = groups.flatMap(({ kind, rows }): FidelityPoint[] => {
    if (kind !== "learned" && kind !== "controlled") return [];
    return rows.flatMap((row): FidelityPoint[] => {
      const record = alike.find(({ generator }) => generator === row.curve.generator);
      const { near, far } = row.metrics;
      if (record === undefined || near.spread === null || far.spread === null || !sameAlpha(row.alpha, alpha))
        return [];
      const title = generators.find(({ id }) => id === record.generator)?.title ?? record.generator;
      const auroc = (near.spread.mean + far.spread.mean) / 2;
      const { frechet, floor } = record.report;
      return [{ generator: record.generator, title, kind, frechet, floor, auroc, seeds: row.cells.length }];
    });
  });
  const trend = (kind: FidelityPoint["kind"]): RankCorrelation | null =>
    rankCorrelation(
      points.filter((point) => point.kind === kind).map(({ frechet, auroc }) => [frechet, auroc] as const),
    );
  return { protocol, points, trends: { learned: trend("learned"), controlled: trend("controlled") } };
}

function sameProtocol(a: FidelityProtocol, b: FidelityProtocol): boolean {
  return (
    a.features === b.features &&
    a.network === b.network &&
    a.n === b.n &&
    a.reference === b.reference &&
    a.resizer === b.resizer
  );
}

/** "FID" only for Inception's features. */
export function distanceName(protocol: FidelityProtocol | null): string {
  return protocol?.features === "inception" ? "FID" : "Fréchet distance in classifier features";
}

/** The figure's points as CSV; fractions and full precision. */
export function fidelityCsv({ protocol, points }: FidelityFigure, alpha: number, detector: string): string {
  const header = [
    "generator",
    "kind",
    "distance",
    "frechet",
    "floor",
    "alpha",
    "detector",
    "mean_near_far_auroc",
    "seeds",
    "features",
    "network",
    "n",
    "reference",
    "resizer",
  ];
  const lines = points.map((point) =>
    csvLine([
      point.generator,
      point.kind,
      distanceName(protocol),
      point.frechet,
      point.floor,
      alpha,
      detector,
      point.auroc,
      point.seeds,
      protocol?.features ?? "",
      protocol?.network ?? "",
      protocol?.n ?? null,
      protocol?.reference ?? "",
      protocol?.resizer ?? "",
    ]),
  );
  return `${[csvLine(header), ...lines].join("\r\n")}\r\n`;
}
