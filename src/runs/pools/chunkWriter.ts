import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { SampledImages } from "../../generators/generator.ts";
import type { Entry, Store, TypedArray } from "../../storage/store.ts";
import type { PseudoLabelReport } from "../../study/generatorRecord.ts";
import type { PoolForm, PoolRecord } from "../../study/pool.ts";
import { keys } from "../keys.ts";
import { emptyReport, withLabels } from "../labels/pseudoLabels.ts";
import { chunkEntry } from "./poolChunk.ts";
import { CHUNK_IMAGES, poolEntry } from "./poolRecord.ts";

/** What is drawn is written after so long, also where the chunk is not full: images of a diffusion model are dear. */
const KEEP_AFTER_MS = 20_000;

/** Collects slices and writes them to the pool's chunks, with the record that counts them in one batch. */
export class ChunkWriter {
  private pending: SampledImages[] = [];
  private written = performance.now();

  constructor(
    private readonly store: Store,
    /** As it is stored. */
    public record: PoolRecord,
    private readonly form: Exclude<PoolForm, "seeds">,
    private readonly size: { readonly height: number; readonly width: number },
  ) {}

  /** Images that are stored or waiting. */
  get drawn(): number {
    return this.record.filled + this.pending.reduce((sum, { count }) => sum + count, 0);
  }

  /** @param slice the next images, not beyond the end of a chunk */
  async add(slice: SampledImages): Promise<void> {
    this.pending.push(slice);
    const late = performance.now() - this.written > KEEP_AFTER_MS;
    if (this.drawn % CHUNK_IMAGES === 0 || late) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const { record } = this;
    const number = Math.floor(record.filled / CHUNK_IMAGES);
    const key = keys.poolChunk(record.id, number);
    const added = chunkEntry(this.form, joined(this.pending, this.size));
    const before = record.filled % CHUNK_IMAGES === 0 ? undefined : await this.store.read(key);
    const after: PoolRecord = {
      ...record,
      spec: { ...record.spec, size: this.drawn },
      filled: this.drawn,
      bytes: record.bytes + Object.values(added.arrays).reduce((sum, { byteLength }) => sum + byteLength, 0),
      pseudoLabels: this.report(),
    };
    await this.store.write([
      [key, before === undefined ? added : appended(before, added)],
      [keys.pool(record.id), poolEntry(after)],
    ]);
    this.record = after;
    this.pending = [];
    this.written = performance.now();
  }

  private report(): PseudoLabelReport | null {
    return this.pending.reduce<PseudoLabelReport | null>((report, { labels, confidence, labelled }) => {
      if (labelled === undefined || confidence === undefined) return report;
      return withLabels(report ?? emptyReport(labelled.by, labelled.classes), labels, confidence);
    }, this.record.pseudoLabels ?? null);
  }
}

function joined(parts: readonly ImageSet[], { height, width }: { height: number; width: number }): ImageSet {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const images = new Uint8Array(count * imageBytes({ height, width }));
  const labels = new Int32Array(count);
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at * imageBytes({ height, width }));
    labels.set(part.labels, at);
    at += part.count;
  }
  return { count, height, width, images, labels };
}

/** The arrays of one chunk behind those of another: pixels, labels, JPEG files and their sizes alike. */
function appended(before: Entry, added: Entry): Entry {
  const arrays: Record<string, TypedArray> = {};
  for (const [name, array] of Object.entries(added.arrays)) {
    const first = before.arrays[name];
    if (array instanceof Uint8Array && first instanceof Uint8Array) {
      arrays[name] = new Uint8Array(first.length + array.length);
    } else if (array instanceof Int32Array && first instanceof Int32Array) {
      arrays[name] = new Int32Array(first.length + array.length);
    } else throw new Error(`A chunk of the pool has no array "${name}".`);
    arrays[name].set(first, 0);
    arrays[name].set(array, first.length);
  }
  return { meta: added.meta, arrays };
}
