import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { imageBytes } from "../../data/imageSet.ts";
import type { Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { GeneratorRecord, KeepGeneratorOptions, SamplingSettings } from "../../study/generatorRecord.ts";
import { writeImages } from "../imageSets/keepImages.ts";
import { checkedClassMap } from "./classes.ts";
import { describeImages, type OpenedGenerator, openGenerator } from "./inspect.ts";
import { hashFiles, writeFiles } from "./keptFiles.ts";
import { imagesOf } from "./keys.ts";
import { deleteUnused, isShared, readGeneratorRecord, recordId, writeGeneratorRecord } from "./records.ts";

export interface KeepJob {
  readonly files: readonly NamedSource[];
  readonly options: KeepGeneratorOptions;
  readonly benchmark: BenchmarkInfo;
  /** SHA-256 of the labeller's weights; null without one. */
  readonly labellerHash: string | null;
  /** In bytes of the files: once for the hash, once for the copy. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A generator as it would be kept, and what writes it. */
export interface PlannedGenerator {
  readonly record: GeneratorRecord;
  /** All of it, or nothing. Rejects with "quota", and the numbers, before anything is written. */
  write(store: Store): Promise<void>;
}

/**
 * What keeping files as a generator of a benchmark would make; they are read once, for their hash.
 *
 * Rejects with what inspection says, "not-a-generator", "class-map" or "no-labeller".
 */
export async function planGenerator(job: KeepJob): Promise<PlannedGenerator> {
  const opened = await openGenerator(job.files);
  const sizes = job.files.map(({ name, source }) => ({ name, bytes: source.size }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const { options, benchmark, labellerHash, onProgress = () => {} } = job;
  const title = options.title ?? sizes[0]?.name ?? "";
  const { classes, ...what } = whatItIs(opened, options, title);
  assertLabels(options, title, classes);
  const classMap = classes === null ? null : mapOf(options, classes, benchmark);
  const { labels, labeller, provenance } = options;
  const choices = { benchmark: benchmark.id, labels, labeller, labellerHash, classMap, settings: what.settings };
  const hash = await hashFiles(job.files, (done) => onProgress(done, 2 * total));
  const id = recordId(opened.kind === "images" ? "images" : "upload", hash, choices);
  const added = new Date().toISOString();
  const record: GeneratorRecord = { id, title, hash, files: sizes, ...what, ...choices, provenance, added };
  return {
    record,
    write: async (store) => {
      if (await isShared(store, record)) return writeGeneratorRecord(store, record);
      const bytes = what.images === null ? total : what.images.count * imageBytes(benchmark);
      await assertRoom(store, bytes, title);
      await writeWhole(store, record, () =>
        opened.kind === "images"
          ? writeImages(store, imagesOf(record), opened.files, benchmark, (n) =>
              onProgress(total * (1 + n / opened.files.count), 2 * total),
            )
          : writeFiles(store, hash, job.files, (done) => onProgress(total + done, 2 * total)),
      );
    },
  };
}

/**
 * Keeps files as a generator: all of them and their record, or nothing. The same files with the same options are the
 * same generator, and are not written twice. Rejects as {@link planGenerator} and `write` do.
 */
export async function keepGenerator(job: KeepJob & { readonly store: Store }): Promise<GeneratorRecord> {
  const { record, write } = await planGenerator(job);
  const known = await readGeneratorRecord(job.store, record.id);
  if (known === undefined) {
    await write(job.store);
    return record;
  }
  // What decides no image may be said anew.
  const renamed = { ...known, title: record.title, provenance: record.provenance };
  await writeGeneratorRecord(job.store, renamed);
  return renamed;
}

type What = Pick<GeneratorRecord, "description" | "images" | "settings"> & { readonly classes: number | null };

function whatItIs(opened: OpenedGenerator, options: KeepGeneratorOptions, title: string): What {
  if (opened.kind === "images") {
    const images = describeImages(opened.files);
    return { description: null, images, settings: null, classes: images.classes };
  }
  const { description, file } = opened;
  if (description === null) {
    throw new WorkbenchError(
      "not-a-generator",
      `"${title}" is a checkpoint of ${file.tensors.size} tensors, but of no generator that is known here.`,
    );
  }
  const settings: SamplingSettings = { ...description.defaults, ...options.settings };
  return { description, images: null, settings, classes: description.classes };
}

/** Either the files or a classifier must tell the classes, and not both. */
function assertLabels({ labeller }: KeepGeneratorOptions, title: string, classes: number | null): void {
  if ((classes === null) !== (labeller === null)) return;
  throw new WorkbenchError(
    "no-labeller",
    classes === null
      ? `"${title}" has no classes: name a classifier that was trained on real images of the benchmark, which then labels what it makes.`
      : `"${title}" has ${classes} classes of its own: leave the classifier out.`,
  );
}

function mapOf(options: KeepGeneratorOptions, classes: number, benchmark: BenchmarkInfo): number[] {
  try {
    return checkedClassMap(options.classMap, classes, benchmark.classNames);
  } catch (error) {
    throw new WorkbenchError("class-map", (error as RangeError).message, { cause: error });
  }
}

/** The record comes last: until then nothing lists the parts, and a failure takes them away again. */
async function writeWhole(store: Store, record: GeneratorRecord, write: () => Promise<void>): Promise<void> {
  try {
    await write();
    await writeGeneratorRecord(store, record);
  } catch (error) {
    await deleteUnused(store, record);
    throw error;
  }
}

async function assertRoom(store: Store, bytes: number, title: string): Promise<void> {
  const { used, quota } = await store.usage();
  if (quota === null || used + bytes <= quota) return;
  const mb = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
  throw new WorkbenchError(
    "quota",
    `"${title}" needs ${mb(bytes)}; ${mb(used)} of ${mb(quota)} are in use. Delete a pool, a generator or a dataset first.`,
  );
}
