import type { Benchmark } from "../../data/benchmark.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolRecord } from "../../study/pool.ts";
import { readPoolChunk } from "./poolChunk.ts";
import { npzOfImages } from "./poolNpz.ts";
import { CHUNK_IMAGES, poolId } from "./poolRecord.ts";
import type { PoolImageStream } from "./poolStream.ts";
import { tarOfImages } from "./tarFile.ts";

/**
 * The file of a pool, piece by piece: images.npy uint8 [N, height, width, 3] and labels.npy int64 [N] in an .npz, or a
 * .tar of PNG files with a folder per class. Dropped in as a generator, both give the same bytes again.
 */
export async function exportPool(
  generators: GeneratorContext,
  benchmark: Benchmark,
  record: PoolRecord,
  format: "npz" | "tar",
): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
  const { spec } = record;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  if (poolId(spec, generator.fingerprint) !== record.id) {
    throw new WorkbenchError("pool-stale", `The generator "${spec.generator}" has changed since the pool was filled.`);
  }
  const { height, width, classNames } = benchmark.info;
  const source = { store: generators.store, record, generator, height, width };
  const stream: PoolImageStream = {
    count: record.filled,
    height,
    width,
    classNames,
    async *chunks() {
      for (let first = 0; first < record.filled; first += CHUNK_IMAGES) {
        yield await readPoolChunk(source, first / CHUNK_IMAGES, record.filled);
      }
    },
  };
  return format === "npz" ? npzOfImages(stream) : tarOfImages(stream);
}
