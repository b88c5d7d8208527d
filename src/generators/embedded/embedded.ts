import { z } from "zod";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { SamplingSettings } from "../../study/generatorRecord.ts";
import { recogniseGenerator } from "../architectures/registry.ts";
import type { GeneratorContext, GeneratorFamily, GeneratorInfo } from "../generator.ts";
import { checkedClassMap } from "../uploaded/classes.ts";
import { networkGenerator } from "../uploaded/networkGenerator.ts";
import { Sha256 } from "../uploaded/sha256.ts";

const fileName = z.string().regex(/^[a-z0-9][a-z0-9.-]*\.safetensors$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** public/generators/index.json: the networks that ship with the app. */
const indexSchema = z.object({
  generators: z.array(
    z.object({
      id: z.string().regex(/^embedded-[a-z0-9.-]+$/),
      title: z.string().min(1),
      /** How it makes images, what it was trained on and how good it is, in plain sentences. */
      note: z.string().min(1),
      /** In public/generators/. */
      file: fileName,
      sha256: digest,
      /**
       * What labels the images of a network without classes: a classifier's state_dict in public/generators/, trained
       * on real images, and the SHA-256 of that file.
       */
      labeller: z.object({ file: fileName, sha256: digest }).optional(),
      /** Benchmarks whose classes, in order, are the network's. */
      benchmarks: z.array(z.string()).min(1),
      provenance: z.enum(["same-real-set", "superset", "knows-the-renderer", "unknown"]),
      /** What differs from the family's defaults. */
      settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
    }),
  ),
});

type Entry = z.infer<typeof indexSchema>["generators"][number];

/** Small trained networks that ship with the app, read as an upload would be. */
export const embedded: GeneratorFamily = {
  async list(benchmark, context) {
    const entries = await readIndex(context);
    return entries.filter(({ benchmarks }) => benchmarks.includes(benchmark.id)).map(infoOf);
  },

  async create(id, benchmark, context) {
    if (!id.startsWith("embedded-")) return null;
    const entry = (await readIndex(context)).find((other) => other.id === id);
    if (entry === undefined || !entry.benchmarks.includes(benchmark.info.id)) return null;
    const bytes = await context.embedded(entry.file);
    const hash = new Sha256();
    hash.add(bytes);
    if (hash.hex() !== entry.sha256) {
      throw new WorkbenchError(
        "embedded-damaged",
        `generators/${entry.file} is not the file that index.json names. Reload the page.`,
      );
    }
    const files = [{ name: entry.file, source: bytesSource(bytes) }];
    const description = recogniseGenerator(await openCheckpoint(files))?.description;
    if (description === undefined || (description.classes === null) !== (entry.labeller !== undefined)) {
      const why = description === undefined ? "no generator" : "not what index.json says of its classes";
      throw new WorkbenchError("embedded-damaged", `generators/${entry.file} is ${why}.`);
    }
    const { classes } = description;
    const classMap = classes === null ? null : checkedClassMap(null, classes, benchmark.info.classNames);
    const labeller = entry.labeller === undefined ? null : ({ kind: "embedded", id: entry.labeller.file } as const);
    const labellerHash = entry.labeller?.sha256 ?? null;
    const settings = { ...description.defaults, ...(entry.settings as Partial<SamplingSettings>) };
    const source = { description, settings, classMap, labels: "balanced", labeller, labellerHash } as const;
    const fingerprint = `${id}-v1-${entry.sha256}-${labellerHash ?? "own"}-${JSON.stringify(settings)}`;
    return networkGenerator(infoOf(entry), fingerprint, source, () => files, benchmark, context);
  },
};

async function readIndex(context: GeneratorContext): Promise<Entry[]> {
  const text = new TextDecoder().decode(await context.embedded("index.json"));
  return indexSchema.parse(JSON.parse(text)).generators;
}

function infoOf({ id, title, note, provenance }: Entry): GeneratorInfo {
  return { id, title, kind: "learned", provenance, note };
}
