import type { GeneratorInfo } from "../../../generators/generator.ts";
import type { CellIndex, Curve } from "../../model/cellIndex.ts";
import { type CurveMetric, type CurvePoint, curvePoints, whisker } from "../../model/curve.ts";
import { kindText, provenanceText } from "../../model/words.ts";

export type WhiskerKind = "range" | "sigma";

/** One line of the chart: a metric of a curve. */
export interface CurveSeries {
  readonly id: string;
  readonly curve: Curve;
  readonly metric: CurveMetric;
  readonly mark: Mark;
  readonly dash: string;
}

export type Mark = "circle" | "square" | "triangle" | "diamond";

/** A curve with its words and its mark: learned and simulated generators never share one. */
export interface CurveStyle {
  readonly curve: Curve;
  readonly title: string;
  readonly provenance: string;
  readonly mark: Mark;
  readonly dash: string;
}

const learnedMarks: readonly Mark[] = ["circle", "triangle"];
const learnedDashes = ["", "7 3"];
const simulatedMarks: readonly Mark[] = ["square", "diamond"];
const simulatedDashes = ["2 3", "6 3 2 3"];

export function curveStyles(index: CellIndex, generators: readonly GeneratorInfo[]): CurveStyle[] {
  let learned = 0;
  let simulated = 0;
  return index.curves.map((curve) => {
    const info = generators.find((generator) => generator.id === curve.generator);
    const controlled = info?.kind === "controlled";
    const at = controlled ? simulated++ : learned++;
    const marks = controlled ? simulatedMarks : learnedMarks;
    const dashes = controlled ? simulatedDashes : learnedDashes;
    return {
      curve,
      title: curveTitle(curve, index.curves, info),
      provenance: info === undefined ? "" : `${kindText(info.kind)}, ${provenanceText(info.provenance)}`,
      mark: marks[at % marks.length] ?? "circle",
      dash: dashes[at % dashes.length] ?? "",
    };
  });
}

/** The generator, with pool size and method only where the study has several. */
export function curveTitle(curve: Curve, all: readonly Curve[], info: GeneratorInfo | undefined): string {
  const parts = [curve.generator === null ? "Real images only" : (info?.title ?? curve.generator)];
  if (new Set(all.map((other) => other.poolSize)).size > 1)
    parts.push(`pool ${curve.poolSize.toLocaleString("en-US")}`);
  if (new Set(all.map((other) => other.method)).size > 1) parts.push(curve.method);
  return parts.join(", ");
}

export function seriesOf(styles: readonly CurveStyle[], metrics: readonly CurveMetric[]): CurveSeries[] {
  return styles.flatMap(({ curve, mark, dash }) =>
    metrics.map((metric) => ({ id: `${curve.key}:${metric}`, curve, metric, mark, dash })),
  );
}

/** One α of the chart: per series id the mean; under "id whisker" its reach; under "id point" what was measured. */
export type ChartRow = { readonly alpha: number } & Readonly<Record<string, unknown>>;

export function chartRows(series: readonly CurveSeries[], detector: string, kind: WhiskerKind): ChartRow[] {
  const rows = new Map<number, Record<string, unknown>>();
  for (const { id, curve, metric } of series) {
    for (const point of curvePoints(curve, detector)) {
      const spread = point[metric];
      if (spread === null) continue;
      const row = rows.get(point.alpha) ?? { alpha: point.alpha };
      row[id] = spread.mean;
      row[`${id} whisker`] = whisker(spread, kind) ?? [0, 0];
      row[`${id} point`] = point;
      rows.set(point.alpha, row);
    }
  }
  return [...rows.values()].map((row) => row as ChartRow).sort((a, b) => a.alpha - b.alpha);
}

export function pointIn(row: ChartRow, id: string): CurvePoint | null {
  return (row[`${id} point`] as CurvePoint | undefined) ?? null;
}

/** What the chart shows, in one sentence, for the summary above it. */
export function curveSummary(points: readonly CurvePoint[], metric: "near" | "far", word: string): string {
  const measured = points.filter((point) => point[metric] !== null);
  const base = measured.find((point) => point.alpha === 1)?.[metric];
  const mixed = measured.filter((point) => point.alpha < 1);
  if (mixed.length === 0) return base ? `${word} at α = 1: ${(base.mean * 100).toFixed(1)} %.` : `No ${word} yet.`;
  const best = mixed.reduce((a, b) => ((b[metric]?.mean ?? 0) > (a[metric]?.mean ?? 0) ? b : a));
  const value = best[metric];
  if (!value) return `No ${word} yet.`;
  const against = base ? ` against ${(base.mean * 100).toFixed(1)} % at the baseline α = 1 (n = ${base.n})` : "";
  return `${word}: highest mean below α = 1 is ${(value.mean * 100).toFixed(1)} % at α = ${best.alpha.toFixed(2)} (n = ${value.n})${against}.`;
}
