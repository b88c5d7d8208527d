import type { Store } from "../storage/store.ts";
import type { CellSummary } from "../study/summary.ts";
import { keys } from "./keys.ts";

/** The stored summary of a cell, or null. */
export async function readSummary(store: Store, cellId: string): Promise<CellSummary | null> {
  const meta = await store.readMeta(keys.summary(cellId));
  return meta === undefined ? null : (meta as unknown as CellSummary);
}
