import type { Store } from "../../storage/store.ts";
import type { ImportedEvaluation } from "../../study/rescore.ts";
import { keys } from "../keys.ts";

/** Every evaluation that was imported, the newest first. */
export async function importedEvaluations(store: Store): Promise<ImportedEvaluation[]> {
  const records: ImportedEvaluation[] = [];
  for (const key of await store.keys(keys.importedAll)) {
    if (!key.endsWith("/record")) continue;
    records.push((await store.readMeta(key)) as unknown as ImportedEvaluation);
  }
  return records.sort((a, b) => (a.created < b.created ? 1 : -1));
}

/** Deletes an import and everything it kept; nothing happens where there is none. */
export async function deleteImportedEvaluation(store: Store, id: string): Promise<void> {
  // The record first: an import that is cut off here is not listed any more.
  await store.write([[keys.imported(id), null]]);
  await store.deleteAll(keys.importedPrefix(id));
}
