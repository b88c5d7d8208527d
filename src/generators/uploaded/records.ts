import { z } from "zod";
import { type Json, type Store, StoreError } from "../../storage/store.ts";
import { canonicalJson, shortHash } from "../../study/canonical.ts";
import type { GeneratorRecord } from "../../study/generatorRecord.ts";
import { generatorKeys, imagesOf } from "./keys.ts";

const count = z.int().nonnegative();

const settingsSchema = z.strictObject({
  truncation: z.number().nullable(),
  noise: z.enum(["const", "none", "random"]),
  spectralNorm: z.enum(["stored", "step", "converged"]),
  batchNorm: z.enum(["stored", "batch", "standing"]),
  sampler: z.enum(["ddpm", "ddim"]),
  steps: z.int().positive(),
  eta: z.number(),
  spacing: z.enum(["uniform", "quad", "trailing"]),
  clip: z.boolean(),
  variance: z.enum(["fixed-large", "fixed-small"]),
});

const descriptionSchema = z.object({
  architecture: z.string(),
  title: z.string(),
  parameters: count,
  classes: count.nullable(),
  resolution: z.int().positive(),
  latentSize: z.int().positive(),
  ema: z.boolean().nullable(),
  flopsPerEvaluation: z.number(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
  defaults: settingsSchema,
  settings: z.array(settingsSchema.keyof()),
  warnings: z.array(z.string()),
});

const recordSchema: z.ZodType<GeneratorRecord> = z.object({
  id: z.string(),
  title: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.array(z.object({ name: z.string(), bytes: count })).min(1),
  description: descriptionSchema.nullable(),
  images: z
    .object({
      count: z.int().positive(),
      height: z.int().positive(),
      width: z.int().positive(),
      classes: count.nullable(),
      perClass: z.array(count),
      lossless: z.boolean(),
    })
    .nullable(),
  settings: settingsSchema.nullable(),
  benchmark: z.string(),
  classMap: z.array(count).nullable(),
  labels: z.enum(["balanced", "uniform"]),
  labeller: z.object({ kind: z.enum(["cell", "imported", "embedded"]), id: z.string() }).nullable(),
  labellerHash: z.string().nullable(),
  provenance: z.enum(["same-real-set", "superset", "knows-the-renderer", "unknown"]),
  added: z.string(),
});

/** Everything of a record that decides an image, apart from the files. */
type Choices = Pick<GeneratorRecord, "benchmark" | "settings" | "classMap" | "labels" | "labeller" | "labellerHash">;

/** The id of files under these choices; the same drop twice is the same generator. */
export function recordId(kind: "upload" | "images", hash: string, choices: Choices): string {
  return `${kind}-${hash.slice(0, 10)}-${choicesHash(choices).slice(0, 4)}`;
}

/** What a pool's identity takes from a record. */
export function recordFingerprint(record: GeneratorRecord): string {
  return `${record.images === null ? "upload" : "images"}-v1-${record.hash}-${choicesHash(record)}`;
}

function choicesHash({ benchmark, settings, classMap, labels, labeller, labellerHash }: Choices): string {
  const choices = { benchmark, settings, classMap, labels, labeller, labellerHash };
  return shortHash(canonicalJson(choices as unknown as Json));
}

/** The record called `id`, or undefined. Rejects with StoreError "corrupt". */
export async function readGeneratorRecord(store: Store, id: string): Promise<GeneratorRecord | undefined> {
  if (!/^[a-z0-9-]+$/.test(id)) return undefined;
  const meta = await store.readMeta(generatorKeys.record(id));
  if (meta === undefined) return undefined;
  const parsed = recordSchema.safeParse(meta);
  if (!parsed.success) {
    throw new StoreError(
      "corrupt",
      `The record of the generator "${id}" is damaged. Delete it and drop its file again.`,
    );
  }
  return parsed.data;
}

/** Every generator that was kept, the newest first. */
export async function listGeneratorRecords(store: Store): Promise<GeneratorRecord[]> {
  const records: GeneratorRecord[] = [];
  for (const key of await store.keys(generatorKeys.records)) {
    const record = await readGeneratorRecord(store, key.slice(generatorKeys.records.length));
    if (record !== undefined) records.push(record);
  }
  return records.sort((a, b) => (a.added < b.added ? 1 : a.added > b.added ? -1 : 0));
}

export async function writeGeneratorRecord(store: Store, record: GeneratorRecord): Promise<void> {
  await store.write([[generatorKeys.record(record.id), { meta: record as unknown as Json, arrays: {} }]]);
}

/** Deletes a generator, and its files where no other record has them. Its pools are the caller's business. */
export async function deleteGeneratorRecord(store: Store, id: string): Promise<void> {
  const record = await readGeneratorRecord(store, id);
  if (record === undefined) return;
  await store.write([[generatorKeys.record(id), null]]);
  await deleteUnused(store, record);
}

/** Deletes the bytes or images of a record where no record that is kept has them. */
export async function deleteUnused(store: Store, record: GeneratorRecord): Promise<void> {
  const others = await listGeneratorRecords(store);
  const place = placeOf(record);
  if (!others.some((other) => placeOf(other) === place)) await store.deleteAll(place);
}

/** Whether a record that is kept has the same bytes or images. */
export async function isShared(store: Store, record: GeneratorRecord): Promise<boolean> {
  return (await listGeneratorRecords(store)).some((other) => placeOf(other) === placeOf(record));
}

function placeOf(record: GeneratorRecord): string {
  return record.images === null ? generatorKeys.files(record.hash) : generatorKeys.images(imagesOf(record));
}
