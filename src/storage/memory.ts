import { assertBatch, assertPrefix, copyEntry, entryBytes, type Write } from "./entry.ts";
import type { Entry, Json, Store } from "./store.ts";

/** A store that forgets: for tests and for runs whose results nobody keeps. */
export class MemoryStore implements Store {
  private readonly entries = new Map<string, Entry>();

  async read(key: string): Promise<Entry | undefined> {
    const entry = this.entries.get(key);
    return entry && copyEntry(entry);
  }

  async readMeta(key: string): Promise<Json | undefined> {
    const entry = this.entries.get(key);
    return entry && structuredClone(entry.meta);
  }

  async write(batch: readonly Write[]): Promise<void> {
    assertBatch(batch);
    for (const [key, entry] of batch) {
      if (entry === null) this.entries.delete(key);
      else this.entries.set(key, copyEntry(entry));
    }
  }

  async keys(prefix: string): Promise<string[]> {
    return [...this.entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async deleteAll(prefix: string): Promise<void> {
    assertPrefix(prefix);
    for (const key of await this.keys(prefix)) this.entries.delete(key);
  }

  async usage(): Promise<{ used: number; quota: number | null }> {
    let used = 0;
    for (const entry of this.entries.values()) used += entryBytes(entry);
    return { used, quota: null };
  }
}
