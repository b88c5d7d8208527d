import type { Benchmark } from "../../data/benchmark.ts";
import type { Generator, GeneratorContext, SampledImages } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolForm, PoolRecord, PoolSpec } from "../../study/pool.ts";
import type { Control } from "../control.ts";
import { Eta, Throttle } from "../eta.ts";
import type { Emit } from "../events.ts";
import { keys } from "../keys.ts";
import { ChunkWriter } from "./chunkWriter.ts";
import { bytesPerImage, CHUNK_IMAGES, poolEntry, poolForm, poolId, readPoolRecord } from "./poolRecord.ts";
import { assertRoom } from "./poolRoom.ts";
import { SlicePace } from "./slicePace.ts";

export interface PoolJob {
  readonly benchmark: Benchmark;
  readonly spec: PoolSpec;
  /** How it is to be kept, where it is not begun; null or left out: as suits the images. */
  readonly form?: PoolForm | null;
  /** Its store keeps the pool. */
  readonly generators: GeneratorContext;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Fills a pool to spec.size; goes on where an earlier call stopped, in the middle of a chunk too. Images and the record
 * that counts them are written together, so what was cut off is not seen.
 *
 * Rejects with "quota" before anything is drawn, where there is no room, and with "pool-too-large" where the generator
 * has not that many images.
 *
 * @returns the record; filled < size when the control said stop
 */
export async function fillPool(job: PoolJob): Promise<PoolRecord> {
  const { spec, benchmark, generators } = job;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  if (generator.limit !== undefined && spec.size > generator.limit) {
    throw new WorkbenchError(
      "pool-too-large",
      `"${generator.info.title}" has ${generator.limit} images, and a pool of ${spec.size} was asked for.`,
    );
  }
  const id = poolId(spec, generator.fingerprint);
  const known = await readPoolRecord(generators.store, id);
  const form = poolForm(known, job.form ?? null, generator, benchmark.info);
  const record = known ?? begun(id, spec, generator, form);
  if (form === "seeds") return fillWithSeeds(job, record);
  await assertRoom(generators.store, spec, record.filled, bytesPerImage(form, benchmark.info));
  const writer = new ChunkWriter(generators.store, record, form, benchmark.info);
  await draw(job, generator, writer);
  return { ...writer.record, spec };
}

function begun(id: string, spec: PoolSpec, generator: Generator, form: PoolForm): PoolRecord {
  return { id, spec, generatorFingerprint: generator.fingerprint, filled: 0, bytes: 0, form, pseudoLabels: null };
}

/** Only the record: the images are made when they are read. */
async function fillWithSeeds({ spec, generators }: PoolJob, record: PoolRecord): Promise<PoolRecord> {
  if (record.filled >= spec.size) return { ...record, spec };
  const filled: PoolRecord = { ...record, spec, filled: spec.size };
  await generators.store.write([[keys.pool(record.id), poolEntry(filled)]]);
  return filled;
}

/** Slices of about a second, each in its turn; a stop is heard between the batches of a slice. */
async function draw(job: PoolJob, generator: Generator, writer: ChunkWriter): Promise<void> {
  const { spec, emit } = job;
  const eta = new Eta(spec.size);
  const throttle = new Throttle(250);
  const pace = new SlicePace(generator.group ?? 1);
  while (writer.drawn < spec.size) {
    const from = writer.drawn;
    const count = Math.min(pace.images, spec.size - from, CHUNK_IMAGES - (from % CHUNK_IMAGES));
    const start = performance.now();
    const slice = await job.turn(() => drawSlice(job, generator, from, count));
    if (slice === null) break;
    pace.took(performance.now() - start);
    await writer.add(slice);
    const etaSeconds = eta.mark(writer.drawn);
    if (!throttle.ready() && writer.drawn < spec.size) continue;
    emit({ kind: "progress", phase: "pool", done: writer.drawn, total: spec.size, unit: "images", etaSeconds });
  }
  await writer.flush();
}

class Stopped extends Error {}

/** The slice, or null where it was told to stop. */
async function drawSlice(
  { spec, control }: PoolJob,
  generator: Generator,
  first: number,
  count: number,
): Promise<SampledImages | null> {
  const breathe = async (): Promise<void> => {
    await control.breathe();
    if (control.command() === "stop") throw new Stopped();
  };
  try {
    await breathe();
    return await generator.sample(spec.seed, first, count, breathe);
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  }
}
