import { type Store, StoreError } from "../../storage/store.ts";
import { decodeHalf, encodeHalf } from "./half.ts";

/** How features are kept; logits are always float32. */
export type FeatureDtype = "float32" | "float16";

/**
 * Images per chunk: 8 MB of 512 float32 features, a record that every store reads and writes at full speed, and the
 * run that scoring takes at a time.
 */
export const CHUNK_ROWS = 4096;

/** Decoded chunks that one opened evaluation keeps in memory, all sets together. */
export const CACHE_BYTES = 64e6;

function chunkKey(prefix: string, set: string, chunk: number): string {
  return `${chunksOf(prefix, set)}${String(chunk).padStart(6, "0")}`;
}

/** Prefix of the chunks of a set. */
export function chunksOf(prefix: string, set: string): string {
  return `${prefix}/features/${set}/`;
}

/** Collects rows and stores each full chunk at once; at most one chunk is in memory. */
export class ChunkWriter {
  private readonly buffer: Float32Array;
  private filled = 0;
  private chunk = 0;

  constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly set: string,
    private readonly featureDim: number,
    rows: number,
    private readonly dtype: FeatureDtype,
  ) {
    this.buffer = new Float32Array(Math.min(rows, CHUNK_ROWS) * featureDim);
  }

  async write(features: Float32Array): Promise<void> {
    let taken = 0;
    while (taken < features.length) {
      const part = features.subarray(taken, taken + this.buffer.length - this.filled);
      this.buffer.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      if (this.filled === this.buffer.length) await this.flush();
    }
  }

  /** Stores what is left. */
  async flush(): Promise<void> {
    if (this.filled === 0) return;
    const rows = this.buffer.subarray(0, this.filled);
    const arrays = this.dtype === "float32" ? { features: rows } : { half: encodeHalf(rows) };
    const meta = { count: this.filled / this.featureDim };
    await this.store.write([[chunkKey(this.prefix, this.set, this.chunk++), { meta, arrays }]]);
    this.filled = 0;
  }
}

/** The features of an evaluation's sets, read by chunks; those used last stay decoded, up to a fixed size. */
export class ChunkReader {
  /** Oldest use first. */
  private readonly cache = new Map<string, Float32Array>();
  private cachedBytes = 0;

  constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly featureDim: number,
  ) {}

  /** Features [count, d] of images first … first + count − 1 of a set of `rows` images. Nobody may write into them. */
  async read(set: string, rows: number, first: number, count: number): Promise<Float32Array> {
    const dim = this.featureDim;
    if (dim === 0 || count === 0) return new Float32Array();
    const chunk = Math.floor(first / CHUNK_ROWS);
    const start = first - chunk * CHUNK_ROWS;
    if (start + count <= CHUNK_ROWS) {
      return (await this.chunk(set, rows, chunk)).subarray(start * dim, (start + count) * dim);
    }
    const out = new Float32Array(count * dim);
    for (let done = 0; done < count; ) {
      const at = first + done;
      const inside = at % CHUNK_ROWS;
      const take = Math.min(CHUNK_ROWS - inside, count - done);
      const values = await this.chunk(set, rows, (at - inside) / CHUNK_ROWS);
      out.set(values.subarray(inside * dim, (inside + take) * dim), done * dim);
      done += take;
    }
    return out;
  }

  private async chunk(set: string, rows: number, chunk: number): Promise<Float32Array> {
    const key = chunkKey(this.prefix, set, chunk);
    const known = this.cache.get(key);
    if (known !== undefined) {
      this.cache.delete(key);
      this.cache.set(key, known);
      return known;
    }
    const arrays = (await this.store.read(key))?.arrays;
    const values = arrays?.half instanceof Uint8Array ? decodeHalf(arrays.half) : arrays?.features;
    const expected = Math.min(CHUNK_ROWS, rows - chunk * CHUNK_ROWS) * this.featureDim;
    if (!(values instanceof Float32Array) || values.length !== expected) throw corruptEvaluation(key);
    this.keep(key, values);
    return values;
  }

  private keep(key: string, values: Float32Array): void {
    if (!this.cache.has(key)) this.cachedBytes += values.byteLength;
    this.cache.set(key, values);
    for (const [oldest, { byteLength }] of this.cache) {
      if (this.cachedBytes <= CACHE_BYTES) break;
      this.cache.delete(oldest);
      this.cachedBytes -= byteLength;
    }
  }
}

/** A kept evaluation with a part that is missing or does not fit the others. */
export function corruptEvaluation(key: string): StoreError {
  return new StoreError(
    "corrupt",
    `The cached evaluation "${key}" is damaged or incomplete. Evaluate the checkpoint again to replace it.`,
  );
}
