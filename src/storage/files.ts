import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../checkpoints/safetensors.ts";
import { parseSafetensorsHeader, SafetensorsError, safetensorsHeaderLength } from "../checkpoints/safetensorsHeader.ts";
import { assertBatch, assertPrefix, entryBytes, isTypedArray, megabytes, type Write } from "./entry.ts";
import { commit, recover, STAGING } from "./node/commit.ts";
import { ifPresent } from "./node/fileSystem.ts";
import { assertKey, type Entry, type Json, type Store, StoreError, type TypedArray } from "./store.ts";

const SCHEMA = 1;
const SUFFIX = ".safetensors";
/** "~" is not a key character: this name, like that of the staging folder, can never meet a key's. */
const SCHEMA_FILE = "~schema.json";

/**
 * The store of the headless path: one .safetensors file per key under `root` (arrays as tensors, meta as JSON in the
 * file's metadata), so that any safetensors reader opens a checkpoint. One process writes to a root at a time; keys
 * that differ only in case need a case-sensitive file system.
 */
export class FilesStore implements Store {
  /** Actions take turns, so that a read never sees half of a batch. */
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(private readonly root: string) {}

  /**
   * Opens or makes the store in folder `root`, finishing what a crash interrupted.
   * Rejects with StoreError "newer-schema" and changes nothing when a newer version of the program has written it.
   */
  static async open(root: string): Promise<FilesStore> {
    const store = new FilesStore(root);
    await store.turn(async () => {
      await mkdir(root, { recursive: true });
      await checkSchema(root);
      await recover(root);
    });
    return store;
  }

  async read(key: string): Promise<Entry | undefined> {
    const path = this.path(key);
    return this.turn(async () => {
      const bytes = await ifPresent(readFile(path));
      return bytes && parsed(path, () => decode(bytes));
    });
  }

  async readMeta(key: string): Promise<Json | undefined> {
    const path = this.path(key);
    return this.turn(() => readHeaderMeta(path));
  }

  async write(batch: readonly Write[]): Promise<void> {
    assertBatch(batch);
    if (batch.length === 0) return;
    // Encoded before the turn comes: later changes by the caller must not reach the file.
    const changes = batch.map(([key, entry]) => ({ target: relativePath(key), bytes: entry && encode(entry) }));
    const bytes = batch.reduce((sum, [, entry]) => sum + (entry ? entryBytes(entry) : 0), 0);
    await this.turn(() => commit(this.root, changes), bytes);
  }

  async keys(prefix: string): Promise<string[]> {
    return this.turn(() => this.list(prefix));
  }

  async deleteAll(prefix: string): Promise<void> {
    assertPrefix(prefix);
    await this.turn(async () => {
      const keys = await this.list(prefix);
      const changes = keys.map((key) => ({ target: relativePath(key), bytes: null }));
      if (changes.length > 0) await commit(this.root, changes);
    });
  }

  async usage(): Promise<{ used: number; quota: number | null }> {
    return this.turn(async () => {
      let used = 0;
      for (const name of await readdir(this.root, { recursive: true })) {
        used += (await ifPresent(stat(join(this.root, name))))?.size ?? 0;
      }
      const { bavail, bsize } = await statfs(this.root);
      return { used, quota: used + bavail * bsize };
    });
  }

  private path(key: string): string {
    assertKey(key);
    return join(this.root, relativePath(key));
  }

  private async list(prefix: string): Promise<string[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const found: string[] = [];
    const top = join(this.root, ...folder.split("/").map(folderName));
    for (const name of (await ifPresent(readdir(top, { recursive: true }))) ?? []) {
      const key = folder + name.slice(0, -SUFFIX.length).replaceAll("\\", "/").replaceAll("~/", "/");
      if (name.endsWith(SUFFIX) && key.startsWith(prefix) && !name.startsWith(STAGING)) found.push(key);
    }
    return found.sort();
  }

  /** Runs `action` after those before it; its failures come out as StoreErrors. */
  private turn<T>(action: () => Promise<T>, bytes = 0): Promise<T> {
    const result = this.tail.then(action).catch((cause: unknown): never => {
      if (cause instanceof StoreError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      const full = code === "ENOSPC" || code === "EDQUOT";
      const text = full
        ? `No room for ${megabytes(bytes)} in ${this.root} (${code}). Free space there or choose another folder.`
        : `The store in ${this.root} failed: ${message}`;
      throw new StoreError(full ? "quota" : "io", text, { cause });
    });
    this.tail = result.catch(() => undefined);
    return result;
  }
}

function relativePath(key: string): string {
  const segments = key.split("/");
  const name = segments.pop() as string;
  return join(...segments.map(folderName), `${name}${SUFFIX}`);
}

/** The folder of a key segment; one that looks like a file of ours is set apart, so that both can exist. */
function folderName(segment: string): string {
  return segment.endsWith(SUFFIX) ? `${segment}~` : segment;
}

async function checkSchema(root: string): Promise<void> {
  const path = join(root, SCHEMA_FILE);
  const text = await ifPresent(readFile(path, "utf8"));
  if (text === undefined) {
    const part = `${path}.${randomUUID()}`;
    await writeFile(part, `${JSON.stringify({ schema: SCHEMA })}\n`);
    await rename(part, path);
    return;
  }
  const schema = parsed(path, () => {
    const value = (JSON.parse(text) as { schema?: unknown }).schema;
    if (typeof value !== "number") throw new Error("It names no schema.");
    return value;
  });
  if (schema > SCHEMA) {
    throw new StoreError(
      "newer-schema",
      `${root} was written by a newer version of this program (schema ${schema}, this one knows ${SCHEMA}). It is untouched: update the program or choose another folder.`,
    );
  }
}

function encode(entry: Entry): Uint8Array {
  const tensors = new Map(
    Object.entries(entry.arrays).map(([name, data]) => [name, { shape: [data.length], data }] as const),
  );
  return writeSafetensors(tensors, { meta: JSON.stringify(entry.meta) });
}

function decode(bytes: Uint8Array): Entry {
  const { metadata, tensors } = readSafetensors(bytes);
  const arrays: [string, TypedArray][] = [];
  for (const [name, { data }] of tensors) {
    if (!isTypedArray(data)) throw new SafetensorsError(`Tensor "${name}" is of a kind that stores do not hold.`);
    arrays.push([name, data]);
  }
  return { meta: metaOf(metadata), arrays: Object.fromEntries(arrays) };
}

async function readHeaderMeta(path: string): Promise<Json | undefined> {
  const file = await ifPresent(open(path));
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const first = new Uint8Array(Math.min(8, size));
    await file.read(first, 0, first.length, 0);
    const header = new Uint8Array(parsed(path, () => safetensorsHeaderLength(first, size)));
    await file.read(header, 0, header.length, 8);
    return parsed(path, () => metaOf(parseSafetensorsHeader(header, size - 8 - header.length).metadata));
  } finally {
    await file.close();
  }
}

function metaOf(metadata: Readonly<Record<string, string>>): Json {
  if (metadata.meta === undefined) throw new SafetensorsError('There is no "meta" in its metadata.');
  return JSON.parse(metadata.meta) as Json;
}

/** Runs a parser over the file at `path`; what it throws becomes StoreError "corrupt" that names the file. */
function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("corrupt", `${path} is damaged: ${why} Delete it; what it held must be made again.`, {
      cause,
    });
  }
}
