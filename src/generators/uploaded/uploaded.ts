import type { Benchmark } from "../../data/benchmark.ts";
import type { GeneratorRecord } from "../../study/generatorRecord.ts";
import type { GeneratorFamily, GeneratorInfo } from "../generator.ts";
import { imageSetGenerator } from "../imageSets/imageSetGenerator.ts";
import { keptSources } from "./keptFiles.ts";
import { networkGenerator } from "./networkGenerator.ts";
import { listGeneratorRecords, readGeneratorRecord, recordFingerprint } from "./records.ts";

/** Generators that a user brought: networks of checkpoints, and sets of images. */
export const uploaded: GeneratorFamily = {
  async list(benchmark, { store }) {
    const records = await listGeneratorRecords(store);
    return records.filter((record) => record.benchmark === benchmark.id).map(infoOf);
  },

  async create(id, benchmark: Benchmark, context) {
    if (!/^(upload|images)-/.test(id)) return null;
    const record = await readGeneratorRecord(context.store, id);
    if (record === undefined || record.benchmark !== benchmark.info.id) return null;
    const [info, fingerprint] = [infoOf(record), recordFingerprint(record)];
    if (record.images !== null) return imageSetGenerator(info, fingerprint, record, benchmark, context);
    return networkGenerator(info, fingerprint, record, () => keptSources(context.store, record), benchmark, context);
  },
};

function infoOf(record: GeneratorRecord): GeneratorInfo {
  const { id, title, provenance } = record;
  return { id, title, kind: "learned", provenance, note: noteOf(record) };
}

function noteOf({ description, images, files, labeller, classMap }: GeneratorRecord): string {
  const labels =
    labeller === null
      ? ""
      : ` Its images are labelled by the classifier ${labeller.id}${classMap === null ? "" : ", not by their own classes"}.`;
  if (images !== null) return `${images.count} images from ${files.map(({ name }) => name).join(", ")}.${labels}`;
  if (description === null) return files.map(({ name }) => name).join(", ");
  const averaged = description.ema === true ? ", averaged weights" : "";
  return `${description.title}, ${(description.parameters / 1e6).toFixed(1)} million parameters${averaged}, ${description.resolution} px, from ${files.map(({ name }) => name).join(", ")}.${labels}`;
}
