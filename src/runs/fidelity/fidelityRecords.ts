import type { Json, Store } from "../../storage/store.ts";
import { canonicalJson, shortHash } from "../../study/canonical.ts";
import type { FidelityRecord } from "../../study/fidelity.ts";
import { keys } from "../keys.ts";

/** Keeps a report under an id that the pool and the protocol fix: made again, it takes the old one's place. */
export async function keepFidelity(store: Store, record: Omit<FidelityRecord, "id">): Promise<FidelityRecord> {
  const { pool, report } = record;
  const id = shortHash(canonicalJson({ pool, protocol: report.protocol as unknown as Json }));
  const kept = { id, ...record };
  await store.write([[keys.fidelity(id), { meta: kept as unknown as Json, arrays: {} }]]);
  return kept;
}

/** Every report, the newest first. */
export async function fidelities(store: Store): Promise<FidelityRecord[]> {
  const records: FidelityRecord[] = [];
  for (const key of await store.keys(keys.fidelities)) {
    records.push((await store.readMeta(key)) as unknown as FidelityRecord);
  }
  return records.sort((a, b) => (a.made < b.made ? 1 : -1));
}

export async function deleteFidelity(store: Store, id: string): Promise<void> {
  await store.write([[keys.fidelity(id), null]]);
}
