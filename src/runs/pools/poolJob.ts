import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { Generator, GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import type { Json, Store } from "../../storage/store.ts";
import { canonicalJson, shortHash } from "../../study/canonical.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolRecord, PoolSpec } from "../../study/pool.ts";
import type { Control } from "../control.ts";
import { Eta, Throttle } from "../eta.ts";
import type { Emit } from "../events.ts";
import { keys } from "../keys.ts";

/** Images of one stored chunk. */
export const CHUNK_IMAGES = 1024;
/** Pools up to this size are held in memory while training. */
export const POOL_MEMORY_LIMIT = 512 * 1024 * 1024;
const SAMPLE_SLICE = 128;

export interface PoolJob {
  readonly benchmark: Benchmark;
  readonly spec: PoolSpec;
  /** Its store keeps the pool. */
  readonly generators: GeneratorContext;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The pool's name in storage: fixed by what fixes its images, apart from its size, so that a pool can grow. */
export function poolId(spec: PoolSpec, fingerprint: string): string {
  const text = canonicalJson({ benchmark: spec.benchmark, generator: spec.generator, seed: spec.seed, fingerprint });
  return `${spec.benchmark}.${spec.generator}.s${spec.seed}.${shortHash(text).slice(0, 8)}`;
}

/**
 * Fills a pool to spec.size, chunk by chunk; goes on where an earlier call stopped. A chunk and the record that counts
 * it are written together, so a chunk that was cut off is not seen.
 * @returns the record; filled < size when the control said stop
 */
export async function fillPool(job: PoolJob): Promise<PoolRecord> {
  const { spec, benchmark, generators, control, emit } = job;
  const { store } = generators;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  const id = poolId(spec, generator.fingerprint);
  const { height, width } = benchmark.info;
  const bytesPerImage = imageBytes({ height, width }) + 4;
  await assertRoom(store, (spec.size - (await filledOf(store, id))) * bytesPerImage, spec);
  const eta = new Eta(spec.size);
  const throttle = new Throttle(250);
  let filled = await filledOf(store, id);
  while (filled < spec.size) {
    if (control.command() === "stop") break;
    filled = await job.turn(() => writeChunk(job, generator, id, filled));
    const left = eta.mark(filled);
    if (throttle.ready() || filled >= spec.size) {
      emit({
        kind: "progress",
        phase: "pool",
        done: Math.min(filled, spec.size),
        total: spec.size,
        unit: "images",
        etaSeconds: left,
      });
    }
  }
  return { id, spec, generatorFingerprint: generator.fingerprint, filled, bytes: filled * bytesPerImage };
}

async function writeChunk(job: PoolJob, generator: Generator, id: string, filled: number): Promise<number> {
  const chunk = Math.floor(filled / CHUNK_IMAGES);
  const first = chunk * CHUNK_IMAGES;
  const size = imageBytes(job.benchmark.info);
  const images = new Uint8Array(CHUNK_IMAGES * size);
  const labels = new Int32Array(CHUNK_IMAGES);
  for (let offset = 0; offset < CHUNK_IMAGES; offset += SAMPLE_SLICE) {
    const part = await generator.sample(job.spec.seed, first + offset, SAMPLE_SLICE);
    images.set(part.images, offset * size);
    labels.set(part.labels, offset);
    await job.control.breathe();
  }
  const end = first + CHUNK_IMAGES;
  const record = {
    spec: { ...job.spec, size: end },
    generatorFingerprint: generator.fingerprint,
    filled: end,
    bytes: end * (size + 4),
  };
  await job.generators.store.write([
    [keys.poolChunk(id, chunk), { meta: null, arrays: { images, labels } }],
    [keys.pool(id), { meta: record as unknown as Json, arrays: {} }],
  ]);
  return end;
}

async function filledOf(store: Store, id: string): Promise<number> {
  const meta = await store.readMeta(keys.pool(id));
  return meta === undefined ? 0 : (meta as unknown as PoolRecord).filled;
}

async function assertRoom(store: Store, bytes: number, spec: PoolSpec): Promise<void> {
  const { used, quota } = await store.usage();
  if (quota !== null && used + bytes > quota) {
    const mb = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
    throw new WorkbenchError(
      "quota",
      `A pool of ${spec.size} images needs ${mb(bytes)} more; ${mb(used)} of ${mb(quota)} are in use. Delete a pool or a dataset, or make the pool smaller.`,
    );
  }
}

/** The first spec.size images of a pool, in memory. Rejects when the pool is not filled that far or too large to hold. */
export async function loadPool(generators: GeneratorContext, benchmark: Benchmark, spec: PoolSpec): Promise<ImageSet> {
  const generator = await createGenerator(spec.generator, benchmark, generators);
  const id = poolId(spec, generator.fingerprint);
  const { height, width } = benchmark.info;
  const size = imageBytes({ height, width });
  if (spec.size * size > POOL_MEMORY_LIMIT) {
    throw new WorkbenchError(
      "pool-memory",
      `A pool of ${spec.size} images takes ${Math.ceil((spec.size * size) / 1e6)} MB, and training holds at most ${POOL_MEMORY_LIMIT / 1048576} MB in memory. Use a pool of at most ${Math.floor(POOL_MEMORY_LIMIT / size)} images.`,
    );
  }
  const images = new Uint8Array(spec.size * size);
  const labels = new Int32Array(spec.size);
  for (let first = 0; first < spec.size; first += CHUNK_IMAGES) {
    const entry = await generators.store.read(keys.poolChunk(id, first / CHUNK_IMAGES));
    const [chunkImages, chunkLabels] = [entry?.arrays.images, entry?.arrays.labels];
    if (!(chunkImages instanceof Uint8Array) || !(chunkLabels instanceof Int32Array)) {
      throw new WorkbenchError(
        "pool-missing",
        `Images ${first} … of the pool "${id}" are not in storage. Fill the pool again.`,
      );
    }
    const count = Math.min(CHUNK_IMAGES, spec.size - first);
    images.set(chunkImages.subarray(0, count * size), first * size);
    labels.set(chunkLabels.subarray(0, count), first);
  }
  return { count: spec.size, height, width, images, labels };
}

export async function listPools(store: Store): Promise<PoolRecord[]> {
  const records: PoolRecord[] = [];
  for (const key of await store.keys(keys.pools)) {
    if (!key.endsWith("/record")) continue;
    const meta = (await store.readMeta(key)) as unknown as Omit<PoolRecord, "id">;
    records.push({ id: key.slice(keys.pools.length, -"/record".length), ...meta });
  }
  return records;
}
