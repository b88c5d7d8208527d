import { type WhatIfPoint, whatIfRecord } from "../../detection/whatIf/whatIf.ts";
import { type Cell, curveKey, isBaselineOf } from "../../study/cell.ts";
import { type PoolSpec, poolOf } from "../../study/pool.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { WhatIf } from "./session.ts";

/** α at which "what if" refits a head: every tenth. */
export const WHAT_IF_ALPHAS: readonly number[] = Array.from({ length: 11 }, (_, i) => i / 10);

/** The pool that a cell's "what if" mixes in: its own, or for a baseline that of any cell it is the baseline of. */
export function whatIfPool(cell: Cell, summaries: readonly CellSummary[]): PoolSpec | null {
  const own = poolOf(cell);
  if (own !== null) return own;
  const partner = summaries.find((other) => other.cell.generator !== null && isBaselineOf(cell, other.cell));
  return partner ? poolOf(partner.cell) : null;
}

/** The guess with its record: guessed and trained changes against the frozen cell, over finished cells of the same seed. */
export function judgedGuess(
  from: CellSummary,
  pool: PoolSpec,
  detector: string,
  points: readonly WhatIfPoint[],
  summaries: readonly CellSummary[],
): WhatIf {
  const trainedAt = (summary: CellSummary, group: "near" | "far"): number | null =>
    summary.detectors.find((result) => result.detector === detector)?.[group].auroc ?? null;
  const guessedAt = (alpha: number, group: "near" | "far"): number | null =>
    points.find((point) => Math.abs(point.alpha - alpha) < 1e-9)?.[group] ?? null;
  const sameRun = (cell: Cell): boolean =>
    cell.id !== from.cell.id &&
    cell.seed === from.cell.seed &&
    (curveKey(cell) === curveKey(from.cell) || isBaselineOf(cell, from.cell) || isBaselineOf(from.cell, cell)) &&
    (cell.generator === null || cell.generator === pool.generator);
  const guessed = new Map<string, number>();
  const trained = new Map<string, number>();
  for (const other of summaries.filter((summary) => sameRun(summary.cell))) {
    for (const group of ["near", "far"] as const) {
      const [guess, origin] = [guessedAt(other.cell.alpha, group), guessedAt(from.cell.alpha, group)];
      const [result, start] = [trainedAt(other, group), trainedAt(from, group)];
      if (guess === null || origin === null || result === null || start === null) continue;
      guessed.set(`${other.cell.id}/${group}`, guess - origin);
      trained.set(`${other.cell.id}/${group}`, result - start);
    }
  }
  const record = whatIfRecord(guessed, trained);
  return {
    fromCell: from.cell.id,
    detector,
    points,
    record: { n: record?.n ?? 0, signAgreement: record?.signAgreement ?? null, rmse: record?.rmse ?? null },
  };
}
