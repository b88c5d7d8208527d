import type { GeneratorInfo } from "../../generators/generator.ts";
import { type PairedDifference, pairedDifference } from "../../metrics/paired.ts";
import { type Lead, leadOf } from "../../metrics/separable.ts";
import { isBaselineOf } from "../../study/cell.ts";
import type { Provenance } from "../../study/provenance.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { AlphaGroup, CellIndex, Curve } from "../model/cellIndex.ts";
import { type CurveMetric, metricOf, type SeedSpread, seedSpread } from "../model/curve.ts";

/** One number of a row and how it differs from the baseline on the same seeds; fractions. */
export interface ComparedMetric {
  readonly bySeed: ReadonlyMap<number, number>;
  /** null where no seed has a value. */
  readonly spread: SeedSpread | null;
  /** Row − baseline; null for the baseline itself and where they have no seed in common. */
  readonly paired: PairedDifference | null;
}

/** One α of one generator. */
export interface ComparisonRow {
  readonly key: string;
  readonly alpha: number;
  readonly curve: Curve;
  /** Finished cells, by seed ascending. */
  readonly cells: readonly CellSummary[];
  /** Finished cells that differ from this row's in nothing but the generator; none for the baseline itself. */
  readonly baselines: readonly CellSummary[];
  readonly planned: number;
  /** Finished cells below the training accuracy that counts as converged. */
  readonly notConverged: number;
  /** As recorded in the cells; null for the baseline. */
  readonly provenance: Provenance | null;
  readonly metrics: Readonly<Record<CurveMetric, ComparedMetric>>;
}

export type ComparisonKind = "baseline" | GeneratorInfo["kind"] | "unlisted";

/** Rows that may be compared with one another: never controlled and learned generators in one group. */
export interface ComparisonGroup {
  readonly kind: ComparisonKind;
  readonly rows: readonly ComparisonRow[];
  /** By metric: which row leads, the baselines taking part, and whether it can be told from the others. */
  readonly leads: Readonly<Record<CurveMetric, Lead | null>>;
}

/** The study's detectors, then what its cells were scored with beyond them. */
export function detectorKeys(study: readonly string[], finished: readonly CellSummary[]): string[] {
  const scored = finished.flatMap(({ detectors }) => detectors.map((result) => result.variant ?? result.detector));
  return [...new Set([...study, ...scored])];
}

const order: readonly ComparisonKind[] = ["baseline", "learned", "controlled", "unlisted"];

/**
 * The finished cells of a study as a table: generator × α under one detector, each against the baselines that differ
 * in nothing but the generator. Baselines stand once per method, in a group of their own.
 */
export function compareCells(
  index: CellIndex,
  generators: readonly GeneratorInfo[],
  detector: string,
): ComparisonGroup[] {
  const rows = new Map<ComparisonKind, Map<string, ComparisonRow>>();
  for (const curve of index.curves) {
    for (const group of curve.groups) {
      const first = group.cells[0];
      if (first === undefined) continue;
      const baseline = first.cell.generator === null;
      const kind = baseline ? "baseline" : kindOf(curve.generator, generators);
      // Baselines belong to every curve of their method; the table has them once.
      const key = baseline ? `${curve.method}|baseline` : `${curve.key}|${group.alpha}`;
      const members = rows.get(kind) ?? new Map<string, ComparisonRow>();
      if (!members.has(key)) members.set(key, rowOf(key, curve, group, index.finished, detector));
      rows.set(kind, members);
    }
  }
  const baselines = [...(rows.get("baseline")?.values() ?? [])];
  return order.flatMap((kind) => {
    const members = rows.get(kind);
    return members === undefined ? [] : [groupOf(kind, [...members.values()], kind === "baseline" ? [] : baselines)];
  });
}

function groupOf(
  kind: ComparisonKind,
  rows: readonly ComparisonRow[],
  baselines: readonly ComparisonRow[],
): ComparisonGroup {
  const lead = (metric: CurveMetric): Lead | null =>
    leadOf([...baselines, ...rows].map(({ key, metrics }) => ({ key, bySeed: metrics[metric].bySeed })));
  return { kind, rows, leads: { near: lead("near"), far: lead("far"), accuracy: lead("accuracy") } };
}

function kindOf(generator: string | null, generators: readonly GeneratorInfo[]): ComparisonKind {
  return generators.find((info) => info.id === generator)?.kind ?? "unlisted";
}

function rowOf(
  key: string,
  curve: Curve,
  group: AlphaGroup,
  finished: readonly CellSummary[],
  detector: string,
): ComparisonRow {
  const first = group.cells[0] as CellSummary;
  const isBaseline = first.cell.generator === null;
  const baselines = isBaseline ? [] : finished.filter((summary) => isBaselineOf(summary.cell, first.cell));
  const metric = (name: CurveMetric): ComparedMetric => {
    const own = bySeed(group.cells, detector, name);
    return {
      bySeed: own,
      spread: seedSpread([...own.values()]),
      paired: pairedDifference(own, bySeed(baselines, detector, name)),
    };
  };
  return {
    key,
    alpha: group.alpha,
    curve,
    cells: group.cells,
    baselines,
    planned: group.planned,
    notConverged: group.cells.filter((summary) => !summary.converged).length,
    provenance: first.provenance,
    metrics: { near: metric("near"), far: metric("far"), accuracy: metric("accuracy") },
  };
}

function bySeed(cells: readonly CellSummary[], detector: string, metric: CurveMetric): Map<number, number> {
  const values = new Map<number, number>();
  for (const summary of cells) {
    const value = metricOf(summary, detector, metric);
    if (value !== null) values.set(summary.cell.seed, value);
  }
  return values;
}
