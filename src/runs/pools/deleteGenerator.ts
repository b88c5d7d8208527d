import { deleteGeneratorRecord } from "../../generators/uploaded/records.ts";
import type { Store } from "../../storage/store.ts";
import { deletePool, listPools } from "./poolRecord.ts";

/** Deletes an uploaded generator with its pools: without it nobody can name them any more. */
export async function deleteGenerator(store: Store, id: string): Promise<void> {
  for (const pool of await listPools(store)) if (pool.spec.generator === id) await deletePool(store, pool.id);
  await deleteGeneratorRecord(store, id);
}
