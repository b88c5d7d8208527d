import { assertKey, type Entry, type Json, StoreError, type TypedArray } from "./store.ts";

/** One key of a batch with its new entry; null deletes. */
export type Write = readonly [key: string, entry: Entry | null];

/**
 * Refuses, before anything is written, a batch with a bad key, a meta that JSON cannot hold (NaN would come back as
 * null) or an array of another kind.
 */
export function assertBatch(batch: readonly Write[]): void {
  for (const [key, entry] of batch) {
    assertKey(key);
    if (entry === null) continue;
    assertJson(entry.meta, `${key}: meta`);
    for (const [name, array] of Object.entries(entry.arrays)) {
      if (!isTypedArray(array)) throw new TypeError(`${key}: array "${name}" is not of a kind that can be stored.`);
    }
  }
}

function assertJson(value: Json, path: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return;
  if (typeof value !== "object") throw new TypeError(`${path} is ${String(value)}, which JSON cannot hold.`);
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) assertJson(item, `${path}[${i}]`);
  } else {
    for (const [name, item] of Object.entries(value)) assertJson(item, `${path}.${name}`);
  }
}

export function isTypedArray(value: unknown): value is TypedArray {
  return (
    value instanceof Uint8Array ||
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Uint32Array ||
    value instanceof Float64Array
  );
}

/** A copy that shares no memory, in a buffer of exactly its size (also out of shared memory). */
export function copyEntry(entry: Entry): Entry {
  const arrays = Object.entries(entry.arrays).map(([name, array]) => [name, copyArray(array)] as const);
  return { meta: structuredClone(entry.meta), arrays: Object.fromEntries(arrays) };
}

/** `array.slice()` would be a view where the caller hands in a Node Buffer. */
function copyArray(array: TypedArray): TypedArray {
  if (array instanceof Uint8Array) return new Uint8Array(array);
  return array.slice();
}

/** Bytes of the arrays and of the meta as JSON. */
export function entryBytes(entry: Entry): number {
  let bytes = JSON.stringify(entry.meta).length;
  for (const array of Object.values(entry.arrays)) bytes += array.byteLength;
  return bytes;
}

/** Refuses the empty prefix, which would delete everything. */
export function assertPrefix(prefix: string): void {
  if (prefix === "") throw new StoreError("bad-key", "deleteAll needs a prefix: an empty one would delete everything.");
}

/** "12.3 MB", for messages. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
