import type { Store } from "../../storage/store.ts";
import type { DetectorResult } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { keys } from "../keys.ts";
import { readKeptScores, resultKey } from "./keptScores.ts";

/** The stored summary of a cell with every re-score that was kept of it, or null. */
export async function readSummary(store: Store, cellId: string): Promise<CellSummary | null> {
  const meta = await store.readMeta(keys.summary(cellId));
  if (meta === undefined) return null;
  const summary = meta as unknown as CellSummary;
  return withResults(summary, await readKeptScores(store, cellId));
}

/** The summary with further results; one that it has already is replaced. */
export function withResults(summary: CellSummary, results: readonly DetectorResult[]): CellSummary {
  const newer = new Map(results.map((result) => [resultKey(result), result]));
  const known = summary.detectors.map((result) => newer.get(resultKey(result)) ?? result);
  for (const result of known) newer.delete(resultKey(result));
  return { ...summary, detectors: [...known, ...newer.values()] };
}
