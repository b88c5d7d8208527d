import type { Json, Store } from "../../storage/store.ts";
import type { ActivationSet } from "./activationSet.ts";
import type { ActivationSink } from "./activationSink.ts";
import type { Evaluation } from "./evaluate.ts";
import {
  CHUNK_ROWS,
  ChunkReader,
  ChunkWriter,
  chunksOf,
  corruptEvaluation,
  type FeatureDtype,
} from "./featureChunks.ts";

/**
 * Records of an evaluation under its prefix: `features/SET/000012` (chunks of rows), `sets/SET` (labels and logits,
 * written after the chunks) and `head`, written last: without it the evaluation counts as unfinished.
 */
const FORMAT = 2;

/** How an evaluation is kept, and what computed it. */
export interface Keeping {
  readonly dtype: FeatureDtype;
  /** Name of the backend: sets that another one passed are passed again, so that one evaluation has one. */
  readonly backend: string;
}

/** Keeps each set as it is passed; one that an interrupted pass left whole is not passed again. */
export function storedSink(
  store: Store,
  prefix: string,
  { featureDim, classes }: Pick<Evaluation, "featureDim" | "classes">,
  { dtype, backend }: Keeping,
): ActivationSink {
  const reader = new ChunkReader(store, prefix, featureDim);
  const stamp = { format: FORMAT, featureDim, classes, dtype, backend };
  return {
    kept: async (name, count) => {
      const meta = await store.readMeta(setKey(prefix, name));
      const wanted: Record<string, Json> = { ...stamp, count };
      const same = Object.entries(wanted).every(([key, value]) => meta !== undefined && member(meta, key) === value);
      return same ? readSet(store, prefix, name, classes, reader) : undefined;
    },
    begin: async (name, count) => {
      await store.write([[setKey(prefix, name), null]]);
      await store.deleteAll(chunksOf(prefix, name));
      const features = new ChunkWriter(store, prefix, name, featureDim, count, dtype);
      const logits = new Float32Array(count * classes);
      let written = 0;
      return {
        write: async (moreFeatures, moreLogits) => {
          logits.set(moreLogits, written);
          written += moreLogits.length;
          await features.write(moreFeatures);
        },
        finish: async (labels) => {
          await features.flush();
          await store.write([[setKey(prefix, name), { meta: { ...stamp, count }, arrays: { labels, logits } }]]);
          return storedSet(name, count, labels, logits, reader);
        },
      };
    },
  };
}

/** Writes the record that makes the sets under `prefix` an evaluation. */
export async function finishEvaluation(
  store: Store,
  prefix: string,
  { featureDim, classes, head, sets }: Omit<Evaluation, "perturbed">,
  { dtype, backend }: Keeping,
): Promise<void> {
  const written = new Date().toISOString();
  const meta = { format: FORMAT, featureDim, classes, dtype, backend, sets: [...sets.keys()], written };
  await store.write([[headKey(prefix), { meta, arrays: { weight: head.weight, bias: head.bias } }]]);
}

/** How an unfinished evaluation under `prefix` keeps its features; undefined where none was begun. */
export async function begunDtype(store: Store, prefix: string): Promise<FeatureDtype | undefined> {
  for (const key of await store.keys(`${prefix}/sets/`)) {
    const meta = (await store.readMeta(key)) ?? null;
    const dtype = member(meta, "dtype");
    if (member(meta, "format") === FORMAT && (dtype === "float32" || dtype === "float16")) return dtype;
  }
  return undefined;
}

/** Deletes every record of an evaluation. */
export async function discardEvaluation(store: Store, prefix: string): Promise<void> {
  await store.write([[headKey(prefix), null]]);
  await store.deleteAll(`${prefix}/`);
}

/** Keeps an evaluation that came from elsewhere; read back, it is the same but for the rounding of its features. */
export async function writeEvaluation(
  store: Store,
  prefix: string,
  evaluation: Omit<Evaluation, "perturbed">,
  keeping: Keeping,
): Promise<void> {
  await store.write([[headKey(prefix), null]]);
  const sink = storedSink(store, prefix, evaluation, keeping);
  for (const [name, set] of evaluation.sets) {
    const writer = await sink.begin(name, set.count);
    for (let first = 0; first < set.count; first += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, set.count - first);
      const { classes } = evaluation;
      const logits = set.logits.subarray(first * classes, (first + count) * classes);
      await writer.write(await set.readFeatures(first, count), logits);
    }
    await writer.finish(set.labels);
  }
  await finishEvaluation(store, prefix, evaluation, keeping);
}

/** An evaluation as kept. */
export interface KeptEvaluation extends Evaluation {
  readonly dtype: FeatureDtype;
}

/**
 * The evaluation kept under `prefix`, or undefined where there is none: none yet, an unfinished one, or one that an
 * older version kept in its own way. Labels and logits are read now, features when asked for, perturbed passes by
 * readPerturbed. Rejects with StoreError "corrupt" when a part is missing or does not fit the others.
 */
export async function readEvaluation(store: Store, prefix: string): Promise<KeptEvaluation | undefined> {
  const entry = await store.read(headKey(prefix));
  if (entry === undefined || member(entry.meta, "format") !== FORMAT) return undefined;
  const featureDim = numberIn(entry.meta, "featureDim");
  const classes = numberIn(entry.meta, "classes");
  const dtype = member(entry.meta, "dtype");
  const names = member(entry.meta, "sets");
  const { weight, bias } = entry.arrays;
  if (
    featureDim === undefined ||
    classes === undefined ||
    (dtype !== "float32" && dtype !== "float16") ||
    !Array.isArray(names) ||
    !(weight instanceof Float32Array && bias instanceof Float32Array) ||
    weight.length !== classes * featureDim ||
    bias.length !== classes
  ) {
    throw corruptEvaluation(headKey(prefix));
  }
  const reader = new ChunkReader(store, prefix, featureDim);
  const sets = new Map<string, ActivationSet>();
  for (const name of names) sets.set(String(name), await readSet(store, prefix, String(name), classes, reader));
  return { featureDim, classes, head: { weight, bias }, sets, perturbed: new Map(), dtype };
}

/**
 * What tells the evaluation under `prefix` from one made anew there; undefined where none is finished. It reads the
 * record of the head alone.
 */
export async function evaluationStamp(store: Store, prefix: string): Promise<string | undefined> {
  const meta = await store.readMeta(headKey(prefix));
  return meta === undefined ? undefined : JSON.stringify(meta);
}

async function readSet(
  store: Store,
  prefix: string,
  name: string,
  classes: number,
  reader: ChunkReader,
): Promise<ActivationSet> {
  const key = setKey(prefix, name);
  const entry = await store.read(key);
  const count = entry && numberIn(entry.meta, "count");
  const labels = entry?.arrays.labels;
  const logits = entry?.arrays.logits;
  if (
    count === undefined ||
    !(labels instanceof Int32Array && logits instanceof Float32Array) ||
    labels.length !== count ||
    logits.length !== count * classes
  ) {
    throw corruptEvaluation(key);
  }
  return storedSet(name, count, labels, logits, reader);
}

function storedSet(
  name: string,
  count: number,
  labels: Int32Array,
  logits: Float32Array,
  reader: ChunkReader,
): ActivationSet {
  return { count, labels, logits, readFeatures: (first, images) => reader.read(name, count, first, images) };
}

function headKey(prefix: string): string {
  return `${prefix}/head`;
}

function setKey(prefix: string, set: string): string {
  return `${prefix}/sets/${set}`;
}

function member(meta: Json, key: string): Json | undefined {
  return typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta[key] : undefined;
}

function numberIn(meta: Json, key: string): number | undefined {
  const value = member(meta, key);
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
