import { encode } from "jpeg-js";
import { decodeJpeg } from "../../data/formats/jpeg.ts";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { Generator } from "../../generators/generator.ts";
import type { Entry, Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import { POOL_JPEG_QUALITY, type PoolForm, type PoolRecord } from "../../study/pool.ts";
import { keys } from "../keys.ts";
import { CHUNK_IMAGES } from "./poolRecord.ts";

/** A chunk as it is stored. */
export function chunkEntry(form: Exclude<PoolForm, "seeds">, set: ImageSet): Entry {
  const { images, labels } = set;
  if (form === "pixels") return { meta: null, arrays: { images, labels } };
  const files = Array.from({ length: set.count }, (_, i) => jpegOf(set, i));
  const sizes = Int32Array.from(files, (file) => file.length);
  const jpeg = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const file of files) {
    jpeg.set(file, at);
    at += file.length;
  }
  return { meta: { quality: POOL_JPEG_QUALITY }, arrays: { jpeg, sizes, labels } };
}

function jpegOf({ images, height, width }: ImageSet, index: number): Uint8Array {
  const size = height * width;
  const rgba = new Uint8Array(4 * size).fill(255);
  for (let p = 0; p < size; p++) {
    for (let c = 0; c < 3; c++) rgba[4 * p + c] = images[3 * (index * size + p) + c] as number;
  }
  return withBuffer(() => encode({ data: rgba, width, height }, POOL_JPEG_QUALITY).data);
}

/** jpeg-js hands out its bytes through Node's Buffer, which browsers have not: there is one while it encodes. */
function withBuffer<T>(work: () => T): T {
  if (Reflect.has(globalThis, "Buffer")) return work();
  Reflect.set(globalThis, "Buffer", { from: (bytes: ArrayLike<number>) => Uint8Array.from(bytes) });
  try {
    return work();
  } finally {
    Reflect.deleteProperty(globalThis, "Buffer");
  }
}

/** Where the images of a pool come from. */
export interface PoolSource {
  readonly store: Store;
  readonly record: PoolRecord;
  readonly generator: Generator;
  readonly height: number;
  readonly width: number;
}

/**
 * Images chunk · 1,024 … of a pool, at most 1,024 and not beyond spec.size: read, decoded, or made again.
 * Rejects with "pool-missing" where they are not in storage.
 */
export async function readPoolChunk(source: PoolSource, chunk: number, size: number): Promise<ImageSet> {
  const { store, record, generator, height, width } = source;
  const first = chunk * CHUNK_IMAGES;
  const count = Math.min(CHUNK_IMAGES, size - first);
  if (record.form === "seeds") return generator.sample(record.spec.seed, first, count);
  const entry = await store.read(keys.poolChunk(record.id, chunk));
  const labels = entry?.arrays.labels;
  const images = entry === undefined ? null : imagesIn(entry, { height, width }, count);
  if (images === null || !(labels instanceof Int32Array) || labels.length < count) {
    throw new WorkbenchError(
      "pool-missing",
      `Images ${first} … of the pool "${record.id}" are not in storage. Fill the pool again.`,
    );
  }
  return { count, height, width, images, labels: labels.subarray(0, count) };
}

function imagesIn({ arrays }: Entry, size: { height: number; width: number }, count: number): Uint8Array | null {
  const { images, jpeg, sizes } = arrays;
  const bytes = imageBytes(size);
  if (images instanceof Uint8Array) return images.length < count * bytes ? null : images.subarray(0, count * bytes);
  if (!(jpeg instanceof Uint8Array && sizes instanceof Int32Array) || sizes.length < count) return null;
  const pixels = new Uint8Array(count * bytes);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + (sizes[i] as number);
    pixels.set(decodeJpeg(`image ${i}`, jpeg.subarray(at, end)).picture.pixels, i * bytes);
    at = end;
  }
  return pixels;
}
