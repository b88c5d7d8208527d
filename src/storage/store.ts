/** A JSON value: what a record's `meta` may hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type TypedArray = Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** What a key holds: small JSON and named arrays. Arrays are never views shared with the caller after a read. */
export interface Entry {
  meta: Json;
  arrays: Record<string, TypedArray>;
}

/**
 * The one place where things are kept: IndexedDB in the browser, files in Node, a Map in tests.
 *
 * Keys are slash-separated paths of [A-Za-z0-9._-] segments, e.g. `pools/ab12/chunks/00003`, `cells/ID/checkpoint`.
 * Implementations are handed in by a worker or by the command line; no room below them knows which one it has.
 */
export interface Store {
  /** The entry under `key`, or undefined. Rejects with StoreError "corrupt" when the record does not parse. */
  read(key: string): Promise<Entry | undefined>;
  /** Only the meta of the entry, without loading its arrays. */
  readMeta(key: string): Promise<Json | undefined>;
  /** All or nothing: afterwards either every key has its new entry (null deletes it) or none has. */
  write(batch: ReadonlyArray<readonly [key: string, entry: Entry | null]>): Promise<void>;
  /** Keys that start with `prefix`, sorted. */
  keys(prefix: string): Promise<string[]>;
  /** Deletes every key that starts with `prefix` (which must not be empty). */
  deleteAll(prefix: string): Promise<void>;
  /** Bytes in use and bytes allowed, where the platform says; null where it does not. */
  usage(): Promise<{ used: number; quota: number | null }>;
}

export type StoreErrorCode = "quota" | "corrupt" | "bad-key" | "newer-schema" | "io";

/** A named storage failure: what happened, and what to do. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "StoreError";
  }
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Throws StoreError "bad-key" unless `key` is a clean path: no "..", no empty segment, nothing to escape. */
export function assertKey(key: string): void {
  if (!KEY.test(key) || key.length > 500) {
    throw new StoreError(
      "bad-key",
      `"${key.slice(0, 80)}" is not a storage key (segments of letters, digits, . _ - separated by /).`,
    );
  }
}
