import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolSpec } from "../../study/pool.ts";
import { type PoolImages, wholePool, windowedPool } from "../../training/poolImages.ts";
import type { PoolWindow } from "../../training/poolOrder.ts";
import { type PoolSource, readPoolChunk } from "./poolChunk.ts";
import { CHUNK_IMAGES, poolId, readPoolRecord } from "./poolRecord.ts";

/** Pools up to this many bytes of pixels are held in memory while training. */
export const POOL_MEMORY_LIMIT = 512 * 1024 * 1024;
/** Of a larger pool, a window is. */
export const POOL_WINDOW: PoolWindow = { chunk: CHUNK_IMAGES, chunks: 8 };

/** How training draws from a pool: a rule of its size alone, so that a cell's numbers do not depend on the machine. */
export function windowOf(spec: PoolSpec, size: { readonly height: number; readonly width: number }): PoolWindow | null {
  return spec.size * imageBytes(size) > POOL_MEMORY_LIMIT ? POOL_WINDOW : null;
}

/** A filled pool for training. Rejects with "pool-missing" when it is not filled that far. */
export async function openPool(
  generators: GeneratorContext,
  benchmark: Benchmark,
  spec: PoolSpec,
): Promise<PoolImages> {
  const window = windowOf(spec, benchmark.info);
  if (window === null) return wholePool(await loadPool(generators, benchmark, spec));
  const source = await openSource(generators, benchmark, spec);
  return windowedPool(spec.size, window, (chunk) => readPoolChunk(source, chunk, spec.size));
}

/** The first spec.size images of a pool, in memory. Rejects with "pool-missing" when it is not filled that far. */
export async function loadPool(generators: GeneratorContext, benchmark: Benchmark, spec: PoolSpec): Promise<ImageSet> {
  const source = await openSource(generators, benchmark, spec);
  const { height, width } = benchmark.info;
  const size = imageBytes({ height, width });
  const images = new Uint8Array(spec.size * size);
  const labels = new Int32Array(spec.size);
  for (let first = 0; first < spec.size; first += CHUNK_IMAGES) {
    const chunk = await readPoolChunk(source, first / CHUNK_IMAGES, spec.size);
    images.set(chunk.images, first * size);
    labels.set(chunk.labels, first);
  }
  return { count: spec.size, height, width, images, labels };
}

async function openSource(generators: GeneratorContext, benchmark: Benchmark, spec: PoolSpec): Promise<PoolSource> {
  const { store } = generators;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  const id = poolId(spec, generator.fingerprint);
  const record = await readPoolRecord(store, id);
  if (record === undefined || record.filled < spec.size) {
    throw new WorkbenchError(
      "pool-missing",
      `The pool "${id}" has ${record?.filled ?? 0} of ${spec.size} images in storage. Fill the pool again.`,
    );
  }
  const { height, width } = benchmark.info;
  return { store, record, generator, height, width };
}
