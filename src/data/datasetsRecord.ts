import { z } from "zod";
import { type Json, type Store, StoreError } from "../storage/store.ts";
import { imageBytes } from "./imageSet.ts";

/** Images per stored chunk. */
export const CHUNK_IMAGES = 1024;

const recordSchema = z.object({
  id: z.string(),
  title: z.string(),
  count: z.int().positive(),
  /** Number of classes; 0 where the images have none. */
  classes: z.int().nonnegative(),
  bytes: z.int().positive(),
  /** What it is, where it came from, what was done to the pixels: sentences for the data page. */
  note: z.string(),
  classNames: z.array(z.string()),
  height: z.int().positive(),
  width: z.int().positive(),
  /** Whether no file was JPEG: JPEG artefacts alone can tell sets apart. */
  lossless: z.boolean(),
  /** SHA-256 over all pixels, labels and class names. */
  hash: z.string(),
  /** The dropped files, by name. */
  files: z.array(z.string()),
});

/** An imported dataset, without its images. */
export type DatasetRecord = z.infer<typeof recordSchema>;

/** Storage keys: the record (with the labels), and the chunks of images that belong to it. */
export const datasetKey = (id: string): string => `datasets/${id}`;
export const chunkPrefix = (id: string): string => `dataset-chunks/${id}/`;
export const chunkKey = (id: string, chunk: number): string => `${chunkPrefix(id)}${String(chunk).padStart(5, "0")}`;

/** The record of dataset `id`, or undefined. Rejects with StoreError "corrupt". */
export async function readRecord(store: Store, id: string): Promise<DatasetRecord | undefined> {
  const meta = await store.readMeta(datasetKey(id));
  if (meta === undefined) return undefined;
  const parsed = recordSchema.safeParse(meta);
  if (!parsed.success) {
    throw new StoreError(
      "corrupt",
      `The record of dataset "${id}" is damaged. Delete the dataset and import it again.`,
    );
  }
  return parsed.data;
}

/** What a dataset is before its images are known. */
export type DatasetDraft = Pick<DatasetRecord, "id" | "title" | "classNames" | "height" | "width" | "files">;

/** What is known once every image was seen. */
export type DatasetFacts = Pick<DatasetRecord, "note" | "lossless">;

/**
 * Stores a dataset as it comes: chunks first, which nothing lists, then the record that makes them a dataset. When
 * anything fails the chunks are deleted again.
 * @param fill hands every image to `add` in order and returns what the images turned out to be
 */
export async function storeDataset(
  store: Store,
  draft: DatasetDraft,
  fill: (add: (pixels: Uint8Array, label: number) => Promise<void>) => Promise<DatasetFacts>,
): Promise<DatasetRecord> {
  const { id } = draft;
  const size = imageBytes(draft);
  // What an import that was killed has left.
  await store.deleteAll(chunkPrefix(id));
  const chunk = new Uint8Array(CHUNK_IMAGES * size);
  const labels: number[] = [];
  const hashes: string[] = [];
  const flush = async () => {
    const filled = labels.length - hashes.length * CHUNK_IMAGES;
    if (filled === 0) return;
    const images = chunk.slice(0, filled * size);
    await store.write([[chunkKey(id, hashes.length), { meta: { count: filled }, arrays: { images } }]]);
    hashes.push(await sha256(images));
  };
  try {
    const facts = await fill(async (pixels, label) => {
      chunk.set(pixels, (labels.length % CHUNK_IMAGES) * size);
      labels.push(label);
      if (labels.length % CHUNK_IMAGES === 0) await flush();
    });
    await flush();
    const all = Int32Array.from(labels);
    hashes.push(await sha256(new Uint8Array(all.buffer)));
    const record: DatasetRecord = {
      ...draft,
      ...facts,
      count: labels.length,
      classes: draft.classNames.length,
      bytes: labels.length * size + all.byteLength,
      hash: await sha256(
        new TextEncoder().encode(JSON.stringify([draft.height, draft.width, draft.classNames, hashes])),
      ),
    };
    await store.write([[datasetKey(id), { meta: recordSchema.parse(record) as Json, arrays: { labels: all } }]]);
    return record;
  } catch (error) {
    await store.deleteAll(chunkPrefix(id));
    throw error;
  }
}

/** Lower-case hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
