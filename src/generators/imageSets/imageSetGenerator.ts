import type { Benchmark } from "../../data/benchmark.ts";
import { imageBytes } from "../../data/imageSet.ts";
import { type Store, StoreError } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { GeneratorRecord } from "../../study/generatorRecord.ts";
import type { Generator, GeneratorContext, GeneratorInfo, Labeller } from "../generator.ts";
import { generatorKeys, imagesOf } from "../uploaded/keys.ts";
import { labelledBy } from "../uploaded/networkGenerator.ts";
import { SET_CHUNK_IMAGES } from "./keepImages.ts";

/** Chunks held at once: a set whose files are sorted by class is read at as many places as it has classes. */
const HELD_BYTES = 256 * 1024 * 1024;

/**
 * A set of images as a generator: nothing is drawn, so it has no seed and an end. Balanced, image i is the next of class
 * i mod classes in the order of the files; else it is the i-th of the files.
 */
export function imageSetGenerator(
  info: GeneratorInfo,
  fingerprint: string,
  record: GeneratorRecord,
  benchmark: Benchmark,
  context: GeneratorContext,
): Generator {
  const { height, width, classNames } = benchmark.info;
  const { images: description, labels: order, classMap } = record;
  if (description === null) throw new Error(`"${record.id}" is no set of images.`);
  const size = imageBytes({ height, width });
  const chunks = new Chunks(context.store, imagesOf(record), size);
  const labelled = classMap !== null;
  const limit =
    order === "balanced" && labelled
      ? classNames.length * Math.min(...classMap.map((from) => description.perClass[from] ?? 0))
      : description.count;
  let plan: Promise<{ readonly labels: Int32Array; readonly indices: Uint32Array | null }> | null = null;
  let labeller: Promise<Labeller> | null = null;

  async function planned() {
    const labels = await readLabels(context.store, imagesOf(record), description?.count ?? 0);
    const own = labels.map((label) => (classMap === null ? -1 : classMap.indexOf(label)));
    return { labels: own, indices: order === "balanced" && labelled ? inTurns(own, classNames.length, limit) : null };
  }

  return {
    info,
    fingerprint: `${fingerprint}-${height}x${width}`,
    limit,
    kept: record.labeller === null,
    async sample(_seed, first, count) {
      if (first + count > limit) {
        throw new WorkbenchError(
          "images-used-up",
          `"${info.title}" has ${limit} images${order === "balanced" && labelled ? " when every class is to have as many" : ""}; images ${first} to ${first + count - 1} were asked for. Make the pool smaller.`,
        );
      }
      plan ??= planned();
      plan.catch(() => {
        plan = null;
      });
      const { labels, indices } = await plan;
      const images = new Uint8Array(count * size);
      const classes = new Int32Array(count);
      for (let k = 0; k < count; k++) {
        const index = indices === null ? first + k : (indices[first + k] as number);
        images.set(await chunks.image(index), k * size);
        classes[k] = labels[index] as number;
      }
      if (record.labeller === null || record.labellerHash === null)
        return { count, height, width, images, labels: classes };
      labeller ??= context.openLabeller(record.labeller, record.labellerHash, benchmark);
      return {
        count,
        height,
        width,
        images,
        ...(await (await labeller).label(images, count)),
        ...labelledBy(record.labeller, classNames.length),
      };
    },
  };
}

/** The k-th image of class c at place k · classes + c. */
function inTurns(labels: Int32Array, classes: number, limit: number): Uint32Array {
  const indices = new Uint32Array(limit);
  const next = new Uint32Array(classes);
  labels.forEach((label, i) => {
    if (label < 0) return;
    const place = (next[label] as number) * classes + label;
    next[label] = (next[label] as number) + 1;
    if (place < limit) indices[place] = i;
  });
  return indices;
}

async function readLabels(store: Store, id: string, count: number): Promise<Int32Array> {
  const labels = (await store.read(generatorKeys.imageLabels(id)))?.arrays.labels;
  if (labels instanceof Int32Array && labels.length === count) return labels;
  throw new StoreError(
    "corrupt",
    `The labels of the image set "${id}" are damaged or gone. Delete it and drop its files again.`,
  );
}

class Chunks {
  private readonly held = new Map<number, Uint8Array>();

  constructor(
    private readonly store: Store,
    private readonly id: string,
    private readonly size: number,
  ) {}

  async image(index: number): Promise<Uint8Array> {
    const number = Math.floor(index / SET_CHUNK_IMAGES);
    const chunk = this.held.get(number) ?? (await this.fetch(number));
    const at = (index - number * SET_CHUNK_IMAGES) * this.size;
    return chunk.subarray(at, at + this.size);
  }

  private async fetch(number: number): Promise<Uint8Array> {
    const images = (await this.store.read(generatorKeys.imageChunk(this.id, number)))?.arrays.images;
    if (!(images instanceof Uint8Array)) {
      throw new StoreError(
        "corrupt",
        `Images of the set "${this.id}" are damaged or gone. Delete it and drop its files again.`,
      );
    }
    const most = Math.max(2, Math.floor(HELD_BYTES / (SET_CHUNK_IMAGES * this.size)));
    for (const oldest of this.held.keys()) {
      if (this.held.size < most) break;
      this.held.delete(oldest);
    }
    this.held.set(number, images);
    return images;
  }
}
