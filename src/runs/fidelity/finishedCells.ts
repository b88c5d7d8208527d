import type { Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { CellSummary } from "../../study/summary.ts";
import { keys } from "../keys.ts";

/** Summaries of every finished cell of a benchmark, by id. */
export async function finishedCells(store: Store, benchmark: string): Promise<CellSummary[]> {
  const summaries: CellSummary[] = [];
  for (const key of await store.keys("cells/")) {
    if (!key.endsWith("/summary")) continue;
    const summary = (await store.readMeta(key)) as unknown as CellSummary;
    if (key === keys.summary(summary.cell.id) && summary.cell.benchmark === benchmark) summaries.push(summary);
  }
  return summaries;
}

/** The cell whose network looks at images where nobody chose one. Rejects with "no-baseline" where none has finished. */
export function usualBaseline(finished: readonly CellSummary[], benchmark: string): CellSummary {
  const baselines = finished.filter(({ cell }) => cell.generator === null);
  const [first] = baselines.sort(
    (a, b) =>
      Number(b.converged) - Number(a.converged) || a.cell.seed - b.cell.seed || (a.cell.id < b.cell.id ? -1 : 1),
  );
  if (first !== undefined) return first;
  throw new WorkbenchError(
    "no-baseline",
    `Features come from a classifier that was trained on real images alone, and no cell with α = 1 on ${benchmark} has finished here. Run one on the page Study, or give Inception's weights.`,
  );
}

/**
 * Classification accuracy score (Ravuri and Vinyals 2019): accuracy on the real test images of classifiers that were
 * trained on this generator's images alone, the finished cells with α = 0; null where there is none.
 */
export function accuracyScore(
  finished: readonly CellSummary[],
  generator: string,
): { readonly cas: number; readonly cells: readonly string[] } | null {
  const synthetic = finished.filter(
    ({ cell, realImages }) => cell.generator === generator && cell.alpha === 0 && realImages === 0,
  );
  // One setting only: cells of other widths, methods or pool sizes are no repetitions of it.
  const like = synthetic.sort((a, b) => (a.finished < b.finished ? 1 : -1))[0]?.cell;
  if (like === undefined) return null;
  const same = synthetic.filter(
    ({ cell }) =>
      cell.width === like.width &&
      cell.method === like.method &&
      cell.poolSize === like.poolSize &&
      cell.preset === like.preset &&
      cell.recipe.steps === like.recipe.steps &&
      cell.recipe.epochs === like.recipe.epochs,
  );
  return {
    cas: same.reduce((sum, { idAccuracy }) => sum + idAccuracy, 0) / same.length,
    cells: same.map(({ cell }) => cell.id),
  };
}
