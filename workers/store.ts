import { type IndexedDbStore, openIndexedDbStore } from "../src/storage/indexedDb.ts";

let opened: Promise<IndexedDbStore> | null = null;

/** The database that the page and all workers share, opened on first use. */
export function store(): Promise<IndexedDbStore> {
  opened ??= openIndexedDbStore("sio-workbench").catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}
