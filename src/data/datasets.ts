import { type Store, StoreError } from "../storage/store.ts";
import type { Group } from "./datasetsGroup.ts";
import { groupLeaves, refusedGroup } from "./datasetsGrouping.ts";
import {
  CHUNK_IMAGES,
  chunkKey,
  chunkPrefix,
  type DatasetRecord,
  datasetKey,
  readRecord,
  storeDataset,
} from "./datasetsRecord.ts";
import { FileError, grouped, type NamedFile } from "./formats/fileError.ts";
import type { Grey16Rule } from "./formats/png.ts";
import { type Leaf, recognise } from "./formats/recognise.ts";
import { type ImageSet, imageBytes } from "./imageSet.ts";

/** What became of a dropped file (or of an image in it). */
export interface ImportOutcome {
  readonly file: string;
  readonly ok: boolean;
  /** What it is now, or what is wrong and what to do about it. */
  readonly message: string;
  /** The dataset that it is part of; null where it is part of none. */
  readonly dataset: string | null;
  /** What the user must decide before it can be imported: a name for the dataset, or the rule for 16-bit grey. */
  readonly needs: "name" | "grey16" | null;
}

export interface ImportOptions {
  /** Name of the dataset, e.g. "fashion-mnist" for files that are named like MNIST's. */
  readonly as?: string | null;
  readonly grey16?: Grey16Rule;
  readonly onProgress?: (text: string) => void;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** Names that a benchmark relies on, with their number of classes. */
const CLASSES: Readonly<Record<string, number>> = {
  "cifar10-train": 10,
  "cifar10-test": 10,
  "cifar100-train": 100,
  "cifar100-test": 100,
  "mnist-train": 10,
  "mnist-test": 10,
};
const MAX_LISTED_IMAGES = 20;

/**
 * Turns dropped files into datasets of the store: CIFAR .bin, MNIST idx, folders of PNG or JPEG; each also packed as
 * .gz, .tar or .tar.gz. A dataset is stored whole or not at all, and one that exists is never touched. One import at
 * a time. Never rejects for what is in the files: the outcomes say it, file by file.
 * @param files names are paths as in the dropped folder
 */
export async function importFiles(
  files: readonly NamedFile[],
  store: Store,
  options: ImportOptions = {},
): Promise<ImportOutcome[]> {
  const { as = null, onProgress = () => {} } = options;
  if (as !== null && !NAME.test(as)) {
    return files.map(({ name }) =>
      refused(name, `"${as}" cannot name a dataset: use up to 40 lower-case letters, digits and "-".`),
    );
  }
  if (files.length === 0) {
    return [refused("(empty folder)", "There are no files in it. Choose the folder that has the data.")];
  }
  const outcomes: ImportOutcome[] = [];
  const leaves: Leaf[] = [];
  const failed: string[] = [];
  for (const file of files) {
    try {
      onProgress(`Reading ${file.name}`);
      leaves.push(...(await recognise(file)));
    } catch (error) {
      failed.push(file.name);
      outcomes.push(refused(file.name, ownMessage(file.name, error)));
    }
  }
  for (const { name, form, archived } of leaves) {
    if (form === "aside" && !archived) outcomes.push(accepted(name, "Not data: left aside.", null));
  }
  const { groups, errors } = await groupLeaves(leaves, options.grey16);
  for (const error of errors) {
    failed.push(error.file);
    outcomes.push(refused(error.file, ownMessage(error.file, error)));
  }
  const poisoned = new Map(failed.map((name) => [refusedGroup(name), name]));
  for (const group of groups) {
    const id = nameOf(group, groups, as);
    const broken = group.id === null ? undefined : poisoned.get(group.id);
    if (broken !== undefined) {
      const why = `Not imported, because ${broken} belongs to the same set and could not be read. Drop all its files together.`;
      outcomes.push(...group.files.map((file) => refused(file, why)));
    } else if (id === null) {
      const why =
        as === null
          ? `${group.title} without a known name. Import it again and say what it is, e.g. "texture", "places365", "svhn".`
          : `"${as}" cannot name several datasets at once. Drop one at a time.`;
      outcomes.push(...group.files.map((file) => refused(file, why, "name")));
    } else outcomes.push(...(await importGroup(group, id, store, onProgress)));
  }
  return outcomes;
}

/** The dataset's id: what the user says, for a pair of splits with the split behind it; else what the files say. */
function nameOf(group: Group, groups: readonly Group[], as: string | null): string | null {
  if (as === null) return group.id;
  if (groups.length === 1) return as;
  const alone = groups.filter(({ split }) => split === group.split).length === 1;
  return group.split !== null && alone ? `${as}-${group.split}` : null;
}

async function importGroup(
  group: Group,
  id: string,
  store: Store,
  onProgress: (text: string) => void,
): Promise<ImportOutcome[]> {
  const { title, classNames, files } = group;
  try {
    const why = await obstacle(group, id, store);
    if (why !== null) return files.map((file) => refused(file, why));
    const draft = { id, title, classNames: [...classNames], height: group.side, width: group.side, files: [...files] };
    const record = await storeDataset(store, draft, (add) => {
      let done = 0;
      return group.fill(async (pixels, label) => {
        await add(pixels, label);
        if (++done % 256 === 0) onProgress(`${id}: ${grouped(done)} of ${grouped(group.count)} images`);
      });
    });
    const text = `${grouped(record.count)} images${record.classes > 0 ? ` in ${grouped(record.classes)} classes` : ""} → "${id}" (SHA-256 ${record.hash.slice(0, 12)}). ${record.note}`;
    return [...files.map((file) => accepted(file, text, id)), ...imageRefusals(group.unreadable)];
  } catch (error) {
    const needs = error instanceof FileError ? error.needs : null;
    return files.map((file) => refused(file, ownMessage(file, error), needs));
  }
}

/** Why the group cannot become dataset `id`; null where it can. */
async function obstacle(group: Group, id: string, store: Store): Promise<string | null> {
  const existing = await readRecord(store, id);
  const classes = CLASSES[id];
  if (existing) {
    return `There is a dataset "${id}" already (${grouped(existing.count)} images from ${existing.files.join(", ")}), and it stays as it is. Delete it first, or import under another name.`;
  }
  if (classes !== undefined && group.classNames.length !== classes) {
    return `"${id}" has ${classes} classes, these files have ${grouped(group.classNames.length)}. Choose another name.`;
  }
  return null;
}

function imageRefusals(errors: readonly FileError[]): ImportOutcome[] {
  const listed = errors.slice(0, MAX_LISTED_IMAGES).map((error) => {
    return refused(error.file, `${error.why} ${error.remedy} The other images are imported.`, error.needs);
  });
  const more = errors.length - listed.length;
  if (more > 0) listed.push(refused("…", `${grouped(more)} more images could not be read.`));
  return listed;
}

function accepted(file: string, message: string, dataset: string | null): ImportOutcome {
  return { file, ok: true, message, dataset, needs: null };
}

function refused(file: string, message: string, needs: ImportOutcome["needs"] = null): ImportOutcome {
  return { file, ok: false, message, dataset: null, needs };
}

/** The message of an error of the files or of the store, without repeating the file's name; others are bugs. */
function ownMessage(file: string, error: unknown): string {
  if (error instanceof FileError) return error.file === file ? `${error.why} ${error.remedy}` : error.message;
  if (error instanceof StoreError) return error.message;
  throw error;
}

/** Every imported dataset, by id. */
export async function listDatasets(store: Store): Promise<DatasetRecord[]> {
  const records: DatasetRecord[] = [];
  for (const name of await store.keys("datasets/")) {
    const record = await readRecord(store, name.slice("datasets/".length));
    if (record) records.push(record);
  }
  return records;
}

/** Deletes a dataset; first the record, so that no half of it is ever listed. */
export async function deleteDataset(store: Store, id: string): Promise<void> {
  await store.write([[datasetKey(id), null]]);
  await store.deleteAll(chunkPrefix(id));
}

/** The images of dataset `id`, all or those at `indices` in that order. Rejects when there is no such dataset. */
export async function loadDataset(store: Store, id: string, indices?: ArrayLike<number>): Promise<ImageSet> {
  const record = await readRecord(store, id);
  const allLabels = await loadLabels(store, id);
  if (!record) throw new RangeError(`There is no dataset "${id}". Import its files on the data page.`);
  const { height, width } = record;
  const size = imageBytes(record);
  const count = indices?.length ?? record.count;
  const images = new Uint8Array(count * size);
  const labels = new Int32Array(count);
  const wanted = new Map<number, [position: number, within: number][]>();
  for (let k = 0; k < count; k++) {
    const i = indices ? (indices[k] as number) : k;
    if (!(i >= 0 && i < record.count))
      throw new RangeError(`Dataset "${id}" has ${record.count} images, none at ${i}.`);
    labels[k] = allLabels[i] as number;
    const chunk = Math.floor(i / CHUNK_IMAGES);
    const list = wanted.get(chunk);
    const place: [number, number] = [k, i % CHUNK_IMAGES];
    if (list) list.push(place);
    else wanted.set(chunk, [place]);
  }
  for (const [chunk, places] of wanted) {
    const pixels = (await store.read(chunkKey(id, chunk)))?.arrays.images;
    const expected = Math.min(CHUNK_IMAGES, record.count - chunk * CHUNK_IMAGES) * size;
    if (!(pixels instanceof Uint8Array) || pixels.length !== expected) {
      throw new StoreError(
        "corrupt",
        `Dataset "${id}" lacks images ${chunk * CHUNK_IMAGES} and on. Delete and import it.`,
      );
    }
    for (const [k, within] of places) images.set(pixels.subarray(within * size, (within + 1) * size), k * size);
  }
  return { count, height, width, images, labels };
}

/** The label of every image of dataset `id`, without loading images. Rejects when there is no such dataset. */
export async function loadLabels(store: Store, id: string): Promise<Int32Array> {
  const labels = (await store.read(datasetKey(id)))?.arrays.labels;
  if (!(labels instanceof Int32Array))
    throw new RangeError(`There is no dataset "${id}". Import its files on the data page.`);
  return labels;
}
