import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { Generator, GeneratorContext, SampledImages } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PseudoLabelReport } from "../../study/generatorRecord.ts";
import type { PoolForm, PoolRecord, PoolSpec } from "../../study/pool.ts";
import type { Control } from "../control.ts";
import { Eta, Throttle } from "../eta.ts";
import type { Emit } from "../events.ts";
import { keys } from "../keys.ts";
import { emptyReport, withLabels } from "../labels/pseudoLabels.ts";
import { chunkEntry } from "./poolChunk.ts";
import { bytesPerImage, CHUNK_IMAGES, poolEntry, poolForm, poolId, readPoolRecord } from "./poolRecord.ts";
import { assertRoom } from "./poolRoom.ts";

/** Images that are drawn between two looks at the control. */
const SAMPLE_SLICE = 128;

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
 * Fills a pool to spec.size, chunk by chunk; goes on where an earlier call stopped. A chunk and the record that counts
 * it are written together, so a chunk that was cut off is not seen.
 *
 * Rejects with "quota" before anything is drawn, where there is no room, and with "pool-too-large" where the generator
 * has not that many images.
 *
 * @returns the record; filled < size when the control said stop
 */
export async function fillPool(job: PoolJob): Promise<PoolRecord> {
  const { spec, benchmark, generators, control, emit } = job;
  const { store } = generators;
  const generator = await createGenerator(spec.generator, benchmark, generators);
  if (generator.limit !== undefined && spec.size > generator.limit) {
    throw new WorkbenchError(
      "pool-too-large",
      `"${generator.info.title}" has ${generator.limit} images, and a pool of ${spec.size} was asked for.`,
    );
  }
  const id = poolId(spec, generator.fingerprint);
  const known = await readPoolRecord(store, id);
  const form = poolForm(known, job.form ?? null, generator, benchmark.info);
  let record = known ?? begun(id, spec, generator, form);
  if (form === "seeds") return fillWithSeeds(job, record);
  await assertRoom(store, spec, record.filled, bytesPerImage(form, benchmark.info));
  const eta = new Eta(spec.size);
  const throttle = new Throttle(250);
  while (record.filled < spec.size) {
    if (control.command() === "stop") break;
    const before = record;
    record = await job.turn(() => writeChunk(job, generator, before, form));
    const etaSeconds = eta.mark(record.filled);
    if (!throttle.ready() && record.filled < spec.size) continue;
    const done = Math.min(record.filled, spec.size);
    emit({ kind: "progress", phase: "pool", done, total: spec.size, unit: "images", etaSeconds });
  }
  return { ...record, spec };
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

async function writeChunk(
  job: PoolJob,
  generator: Generator,
  record: PoolRecord,
  form: Exclude<PoolForm, "seeds">,
): Promise<PoolRecord> {
  const chunk = Math.floor(record.filled / CHUNK_IMAGES);
  const first = chunk * CHUNK_IMAGES;
  const end = Math.min(first + CHUNK_IMAGES, generator.limit ?? Number.POSITIVE_INFINITY);
  const { set, confidence } = await drawChunk(job, generator, first, end - first);
  const entry = chunkEntry(form, set);
  const stored = Object.values(entry.arrays).reduce((sum, array) => sum + array.byteLength, 0);
  const after: PoolRecord = {
    ...record,
    spec: { ...job.spec, size: end },
    filled: end,
    bytes: record.bytes + stored,
    pseudoLabels: labelReport(job, generator, record, set.labels, confidence),
  };
  await job.generators.store.write([
    [keys.poolChunk(record.id, chunk), entry],
    [keys.pool(record.id), poolEntry(after)],
  ]);
  return after;
}

interface DrawnChunk {
  readonly set: ImageSet;
  /** Where a classifier gave the labels. */
  readonly confidence: Float32Array | null;
}

async function drawChunk(job: PoolJob, generator: Generator, first: number, count: number): Promise<DrawnChunk> {
  const { height, width } = job.benchmark.info;
  const size = imageBytes({ height, width });
  const images = new Uint8Array(count * size);
  const labels = new Int32Array(count);
  const confidence = new Float32Array(count);
  let labelled = false;
  for (let offset = 0; offset < count; offset += SAMPLE_SLICE) {
    const slice = Math.min(SAMPLE_SLICE, count - offset);
    const part: SampledImages = await generator.sample(job.spec.seed, first + offset, slice);
    images.set(part.images, offset * size);
    labels.set(part.labels, offset);
    if (part.confidence !== undefined) {
      confidence.set(part.confidence, offset);
      labelled = true;
    }
    await job.control.breathe();
  }
  return { set: { count, height, width, images, labels }, confidence: labelled ? confidence : null };
}

function labelReport(
  { benchmark }: PoolJob,
  generator: Generator,
  record: PoolRecord,
  labels: Int32Array,
  confidence: Float32Array | null,
): PseudoLabelReport | null {
  if (confidence === null || generator.labeller === undefined) return null;
  const before = record.pseudoLabels ?? emptyReport(generator.labeller, benchmark.info.classNames.length);
  return withLabels(before, labels, confidence);
}
