import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { assertBatch, assertPrefix, copyEntry, entryBytes, isTypedArray, megabytes, type Write } from "./entry.ts";
import { type Entry, type Json, type Store, StoreError, type TypedArray } from "./store.ts";

/** Raise it with a new step in `upgrade`; a database with a higher number is left untouched. */
const SCHEMA = 1;

/** Metas lie in a store of their own, so that reading one never loads arrays. */
interface Schema extends DBSchema {
  meta: { key: string; value: Json };
  arrays: { key: string; value: Record<string, TypedArray> };
}

/**
 * Opens the store in the browser's database `name`, making or upgrading it when needed.
 * Rejects with StoreError "newer-schema" when a newer version of the app has written it, "io" when the browser refuses.
 */
export async function openIndexedDbStore(name: string): Promise<IndexedDbStore> {
  try {
    const db = await openDB<Schema>(name, SCHEMA, {
      upgrade(database, oldVersion) {
        if (oldVersion < 1) {
          database.createObjectStore("meta");
          database.createObjectStore("arrays");
        }
      },
      // A newer version of the app waits in another tab to upgrade: make way for it.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new IndexedDbStore(db);
  } catch (cause) {
    if (nameOf(cause) === "VersionError") {
      throw new StoreError(
        "newer-schema",
        `The stored data were written by a newer version of this app (this one knows schema ${SCHEMA}). They are untouched: reload the page to get the newer version.`,
        { cause },
      );
    }
    throw new StoreError(
      "io",
      `The browser did not open its database: ${messageOf(cause)}. Allow site data for this page (private windows may forbid it).`,
      { cause },
    );
  }
}

/** The store of the browser. A batch is one transaction. */
export class IndexedDbStore implements Store {
  constructor(private readonly db: IDBPDatabase<Schema>) {}

  async read(key: string): Promise<Entry | undefined> {
    const [meta, arrays] = await this.guard(0, async () => {
      const tx = this.db.transaction(["meta", "arrays"]);
      return Promise.all([tx.objectStore("meta").get(key), tx.objectStore("arrays").get(key), tx.done]);
    });
    if (meta === undefined && arrays === undefined) return undefined;
    if (meta === undefined || typeof arrays !== "object" || !Object.values(arrays).every(isTypedArray)) {
      throw new StoreError("corrupt", `The record "${key}" is damaged. Delete it; what it held must be made again.`);
    }
    return { meta, arrays };
  }

  async readMeta(key: string): Promise<Json | undefined> {
    return this.guard(0, () => this.db.get("meta", key));
  }

  async write(batch: readonly Write[]): Promise<void> {
    assertBatch(batch);
    let bytes = 0;
    for (const [, entry] of batch) if (entry) bytes += entryBytes(entry);
    await this.guard(bytes, async () => {
      const tx = this.db.transaction(["meta", "arrays"], "readwrite");
      const requests: Promise<unknown>[] = [];
      for (const [key, entry] of batch) {
        const meta = tx.objectStore("meta");
        const arrays = tx.objectStore("arrays");
        if (entry === null) requests.push(meta.delete(key), arrays.delete(key));
        else {
          // The database clones the whole buffer behind a view, and no shared one: hand it compact copies.
          const compact = copyEntry(entry);
          requests.push(meta.put(compact.meta, key), arrays.put(compact.arrays, key));
        }
      }
      await Promise.all([...requests, tx.done]);
    });
  }

  async keys(prefix: string): Promise<string[]> {
    return this.guard(0, () => this.db.getAllKeys("meta", prefixRange(prefix)));
  }

  async deleteAll(prefix: string): Promise<void> {
    assertPrefix(prefix);
    await this.guard(0, async () => {
      const tx = this.db.transaction(["meta", "arrays"], "readwrite");
      const range = prefixRange(prefix);
      await Promise.all([tx.objectStore("meta").delete(range), tx.objectStore("arrays").delete(range), tx.done]);
    });
  }

  async usage(): Promise<{ used: number; quota: number | null }> {
    const { usage, quota } = await navigator.storage.estimate();
    return { used: usage ?? 0, quota: quota ?? null };
  }

  /** Closes the connection; later calls reject. */
  close(): void {
    this.db.close();
  }

  /** Runs a database action; its failures come out as StoreErrors with the numbers. */
  private async guard<T>(bytes: number, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      if (nameOf(cause) === "QuotaExceededError") {
        const { used, quota } = await this.usage();
        throw new StoreError(
          "quota",
          `The browser has no room for ${megabytes(bytes)} more (it estimates that ${megabytes(used)} of ${quota === null ? "an unknown quota" : megabytes(quota)} are in use). Nothing was changed. Delete pools, runs or datasets you no longer need, or free disk space.`,
          { cause },
        );
      }
      if (nameOf(cause) === "InvalidStateError") {
        throw new StoreError("io", "The database was closed, most likely for a newer version of this app: reload.", {
          cause,
        });
      }
      throw new StoreError("io", `The browser's database failed: ${messageOf(cause)}. Reload the page.`, { cause });
    }
  }
}

/** Every key that starts with `prefix`: keys are ASCII, so U+FFFF lies behind all of them. */
function prefixRange(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}
