import { type Entry, type Json, type Store, StoreError } from "../storage/store.ts";
import { inMemory } from "./activationSet.ts";
import type { Activations } from "./detector.ts";
import type { Evaluation } from "./evaluate.ts";

/** One split as a store record: meta {count}, arrays features, logits, labels. */
export function activationsToEntry({ count, features, logits, labels }: Activations): Entry {
  return { meta: { count }, arrays: { features, logits, labels } };
}

/** The split of a record. Throws StoreError "corrupt" when arrays are missing or disagree with the count. */
export function activationsFromEntry(entry: Entry, key: string): Activations {
  const { features, logits, labels } = entry.arrays;
  const count = numberIn(entry.meta, "count");
  if (!(features instanceof Float32Array && logits instanceof Float32Array && labels instanceof Int32Array)) {
    throw corrupt(key);
  }
  if (count !== labels.length || features.length % (count || 1) !== 0 || logits.length % (count || 1) !== 0) {
    throw corrupt(key);
  }
  return { count, features, logits, labels };
}

/** The records of an evaluation under `prefix`, for one atomic Store.write. */
export async function evaluationRecords(
  prefix: string,
  evaluation: Evaluation,
): Promise<[key: string, entry: Entry][]> {
  const { featureDim, classes, head, sets } = evaluation;
  const meta = { featureDim, classes, sets: [...sets.keys()] };
  const records: [string, Entry][] = [[`${prefix}/head`, { meta, arrays: { weight: head.weight, bias: head.bias } }]];
  for (const [name, { count, labels, logits, readFeatures }] of sets) {
    const features = await readFeatures(0, count);
    records.push([`${prefix}/sets/${name}`, activationsToEntry({ count, labels, logits, features })]);
  }
  return records;
}

/**
 * The evaluation kept under `prefix`, or undefined where there is none. Rejects with StoreError "corrupt" when a part
 * is missing or does not fit the others.
 */
export async function readEvaluation(store: Store, prefix: string): Promise<Evaluation | undefined> {
  const headKey = `${prefix}/head`;
  const entry = await store.read(headKey);
  if (entry === undefined) return undefined;
  const featureDim = numberIn(entry.meta, "featureDim");
  const classes = numberIn(entry.meta, "classes");
  const names = member(entry.meta, "sets");
  const { weight, bias } = entry.arrays;
  if (
    featureDim === undefined ||
    classes === undefined ||
    !Array.isArray(names) ||
    !(weight instanceof Float32Array && bias instanceof Float32Array) ||
    weight.length !== classes * featureDim ||
    bias.length !== classes
  ) {
    throw corrupt(headKey);
  }
  const sets = new Map<string, ReturnType<typeof inMemory>>();
  for (const name of names) {
    const key = `${prefix}/sets/${name}`;
    const record = await store.read(key);
    if (record === undefined) throw corrupt(key);
    const activations = activationsFromEntry(record, key);
    const { count, features, logits } = activations;
    if (features.length !== count * featureDim || logits.length !== count * classes) throw corrupt(key);
    sets.set(String(name), inMemory(activations));
  }
  return { featureDim, classes, head: { weight, bias }, sets, perturbed: new Map() };
}

function member(meta: Json, key: string): Json | undefined {
  return typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta[key] : undefined;
}

function numberIn(meta: Json, key: string): number | undefined {
  const value = member(meta, key);
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function corrupt(key: string): StoreError {
  return new StoreError(
    "corrupt",
    `The cached evaluation "${key}" is damaged or incomplete. Evaluate the checkpoint again to replace it.`,
  );
}
