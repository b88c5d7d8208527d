import type { Benchmark } from "../../data/benchmark.ts";
import { imageBytes } from "../../data/imageSet.ts";
import type { Generator } from "../../generators/generator.ts";
import type { Json, Store } from "../../storage/store.ts";
import { canonicalJson, shortHash } from "../../study/canonical.ts";
import type { PoolForm, PoolRecord, PoolSpec } from "../../study/pool.ts";
import { keys } from "../keys.ts";

/** Images of one stored chunk. */
export const CHUNK_IMAGES = 1024;
/** Larger images than this are kept as JPEG where nobody says otherwise: 100,000 of 224 px would take 15 GB. */
const PIXELS_SIDE = 64;
/** What a JPEG image of the pool's quality takes, about, as a share of its pixels: for predictions only. */
const JPEG_SHARE = 0.2;

/** The pool's name in storage: fixed by what fixes its images, apart from its size, so that a pool can grow. */
export function poolId(spec: PoolSpec, fingerprint: string): string {
  const text = canonicalJson({ benchmark: spec.benchmark, generator: spec.generator, seed: spec.seed, fingerprint });
  return `${spec.benchmark}.${spec.generator}.s${spec.seed}.${shortHash(text).slice(0, 8)}`;
}

/** How a pool is kept: as it was begun, else as it was asked for, else as suits the images. */
export function poolForm(
  known: PoolRecord | undefined,
  asked: PoolForm | null,
  generator: Generator,
  { height, width }: Benchmark["info"],
): PoolForm {
  if (known !== undefined) return known.form ?? "pixels";
  if (asked !== null) return asked;
  if (generator.kept === true) return "seeds";
  return Math.max(height, width) > PIXELS_SIDE ? "jpeg" : "pixels";
}

/** Bytes that an image of the pool takes in storage, for JPEG about. */
export function bytesPerImage(form: PoolForm, size: { readonly height: number; readonly width: number }): number {
  const pixels = imageBytes(size);
  return form === "seeds" ? 0 : (form === "jpeg" ? Math.ceil(JPEG_SHARE * pixels) : pixels) + 4;
}

export async function readPoolRecord(store: Store, id: string): Promise<PoolRecord | undefined> {
  const meta = await store.readMeta(keys.pool(id));
  return meta === undefined ? undefined : { id, ...(meta as unknown as Omit<PoolRecord, "id">) };
}

/** The record as an entry; written in one batch with the chunk that it counts. */
export function poolEntry({ id: _id, ...record }: PoolRecord): { meta: Json; arrays: Record<string, never> } {
  return { meta: record as unknown as Json, arrays: {} };
}

export async function listPools(store: Store): Promise<PoolRecord[]> {
  const records: PoolRecord[] = [];
  for (const key of await store.keys(keys.pools)) {
    if (!key.endsWith("/record")) continue;
    const record = await readPoolRecord(store, key.slice(keys.pools.length, -"/record".length));
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Deletes a pool: its record first, so that one that is cut off here is not listed any more. */
export async function deletePool(store: Store, id: string): Promise<void> {
  await store.write([[keys.pool(id), null]]);
  await store.deleteAll(keys.poolPrefix(id));
}
