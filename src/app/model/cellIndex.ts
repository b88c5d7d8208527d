import type { Cell } from "../../study/cell.ts";
import type { Study } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";

/** All seeds of one α on one curve. */
export interface AlphaGroup {
  readonly alpha: number;
  /** Finished cells, by seed ascending. */
  readonly cells: readonly CellSummary[];
  /** Cells of this α that the study holds, finished or not. */
  readonly planned: number;
}

/** Cells that differ only in α and seed; baseline cells (α = 1) stand on every curve of their method. */
export interface Curve {
  /** method|generator|pool: names the curve in view state and URL. */
  readonly key: string;
  readonly method: string;
  readonly generator: string | null;
  readonly poolSize: number;
  /** α ascending; groups without a finished cell included. */
  readonly groups: readonly AlphaGroup[];
}

/** Slider positions of the table: α in hundredths. */
const POSITIONS = 101;

/** Every finished cell of a study, arranged so that the slider finds its cell by one array read. */
export class CellIndex {
  private readonly nearestByCurve = new Map<string, Int32Array>();
  private readonly curveByKey = new Map<string, Curve>();

  constructor(
    readonly curves: readonly Curve[],
    readonly finished: readonly CellSummary[],
  ) {
    for (const curve of curves) {
      this.curveByKey.set(curve.key, curve);
      this.nearestByCurve.set(curve.key, nearestTable(curve.groups));
    }
  }

  /** The curve of that key, else the first; null for a study without curves. */
  curve(key: string | null): Curve | null {
    return (key === null ? undefined : this.curveByKey.get(key)) ?? this.curves[0] ?? null;
  }

  /** The α that has finished cells and lies nearest to `alpha` (ties: the larger one), or null when none has. */
  nearest(curve: Curve, alpha: number): AlphaGroup | null {
    const position = Math.min(POSITIONS - 1, Math.max(0, Math.round(alpha * (POSITIONS - 1))));
    const at = this.nearestByCurve.get(curve.key)?.[position] ?? -1;
    return at < 0 ? null : (curve.groups[at] ?? null);
  }
}

function nearestTable(groups: readonly AlphaGroup[]): Int32Array {
  const table = new Int32Array(POSITIONS).fill(-1);
  for (let position = 0; position < POSITIONS; position++) {
    let best = Number.POSITIVE_INFINITY;
    groups.forEach((group, at) => {
      if (group.cells.length === 0) return;
      // In hundredths, rounded: 0.7 and 0.8 must tie around 0.75 in spite of binary fractions.
      const distance = Math.abs(Math.round(group.alpha * 1e6) - position * 1e4);
      if (distance <= best) {
        best = distance;
        table[position] = at;
      }
    });
  }
  return table;
}

/** Whether two α are the same one for the user. */
export function sameAlpha(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}

/** The cell of that seed, else the first finished one; null for an empty group. */
export function cellOfSeed(group: AlphaGroup, seed: number | null): CellSummary | null {
  return group.cells.find((summary) => summary.cell.seed === seed) ?? group.cells[0] ?? null;
}

/**
 * Indexes a study. `extra` are cells that were queued for it beyond its grid; `summaries` maps cell id → finished cell.
 */
export function indexCells(
  study: Study,
  extra: readonly Cell[],
  summaries: Readonly<Record<string, CellSummary>>,
): CellIndex {
  const cells = new Map<string, Cell>();
  for (const cell of [...study.cells, ...extra]) cells.set(cell.id, cell);
  const all = [...cells.values()];
  const baselines = all.filter((cell) => cell.generator === null);
  const keys = new Map<string, Cell>();
  for (const cell of all) if (cell.generator !== null) keys.set(curveName(cell), cell);
  // A study of baselines alone still has a curve: one point per method.
  const heads = keys.size > 0 ? [...keys.values()] : firstPerMethod(baselines);
  const curves = heads.map((head): Curve => {
    const own = all.filter((cell) => cell.generator !== null && curveName(cell) === curveName(head));
    const base = baselines.filter((cell) => cell.method === head.method);
    const members = head.generator === null ? base : [...own, ...base];
    return {
      key: curveName(head),
      method: head.method,
      generator: head.generator,
      poolSize: head.poolSize,
      groups: groupByAlpha(members, summaries),
    };
  });
  return new CellIndex(
    curves,
    all.flatMap((cell) => summaries[cell.id] ?? []),
  );
}

function curveName(cell: Cell): string {
  return `${cell.method}|${cell.generator ?? "none"}|${cell.poolSize}`;
}

function firstPerMethod(cells: readonly Cell[]): Cell[] {
  return [...new Map(cells.map((cell) => [cell.method, cell] as const)).values()];
}

function groupByAlpha(members: readonly Cell[], summaries: Readonly<Record<string, CellSummary>>): AlphaGroup[] {
  const groups = new Map<number, Cell[]>();
  for (const cell of members) {
    const group = groups.get(cell.alpha);
    if (group) group.push(cell);
    else groups.set(cell.alpha, [cell]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([alpha, cells]) => ({
      alpha,
      planned: cells.length,
      cells: cells.flatMap((cell) => summaries[cell.id] ?? []).sort((a, b) => a.cell.seed - b.cell.seed),
    }));
}
