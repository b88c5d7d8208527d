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

/** Long enough that no import is still at work. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** An id that begins with its time, so that what was never finished can be told from what is at work. */
export function importId(created: string, hash: string): string {
  return `${Date.parse(created).toString(36)}-${hash}`;
}

/** Deletes what imports left that were cut off — a closed tab, a crash — before they had a record. */
export async function deleteAbandoned(store: Store, now: number): Promise<void> {
  const all = await store.keys(keys.importedAll);
  const ids = new Set(all.map((key) => key.slice(keys.importedAll.length).split("/")[0] as string));
  for (const id of ids) {
    const begun = Number.parseInt(id.split("-")[0] as string, 36);
    const finished = all.includes(keys.imported(id));
    if (!finished && now - begun > ABANDONED_MS) await store.deleteAll(keys.importedPrefix(id));
  }
}
