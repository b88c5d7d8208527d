import { describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { pick } from "../../data/imageSet.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { KeepGeneratorOptions } from "../../study/generatorRecord.ts";
import { smallCheckpoint } from "../architectures/ddpm/testing/smallUNet.ts";
import { createGenerator, listGenerators } from "../registry.ts";
import { safetensorsOf, tinyGanFile } from "../testing/checkpointFiles.ts";
import { bareContext } from "../testing/context.ts";
import { inspectGenerator } from "./inspect.ts";
import { keepGenerator } from "./keep.ts";
import { deleteGeneratorRecord, listGeneratorRecords } from "./records.ts";
import { Sha256 } from "./sha256.ts";

const benchmark = shapesBenchmark({ train: 20 });
const { info } = benchmark;
/** Four classes of the generator for ten of the benchmark. */
const classMap = [0, 1, 2, 3, 3, 2, 1, 0, 0, 1];
const options: KeepGeneratorOptions = {
  title: null,
  benchmark: info.id,
  settings: {},
  labels: "balanced",
  classMap,
  labeller: null,
  provenance: "same-real-set",
};

async function kept(more: Partial<KeepGeneratorOptions> = {}, store = new MemoryStore()) {
  const files = [await tinyGanFile()];
  const record = await keepGenerator({
    store,
    files,
    benchmark: info,
    labellerHash: null,
    options: { ...options, ...more },
  });
  const ops = plainOps();
  const context = bareContext(store, { openOps: async () => ops });
  return { store, record, context, generator: await createGenerator(record.id, benchmark, context) };
}

/** A store that fails at the n-th write. */
class Failing extends MemoryStore {
  writes = 0;
  constructor(private readonly at: number) {
    super();
  }
  override async write(...args: Parameters<MemoryStore["write"]>): Promise<void> {
    if (++this.writes === this.at) throw new Error("disk");
    return super.write(...args);
  }
}

describe("an uploaded network", () => {
  it("is kept whole, is listed for its benchmark, and is the same when it is dropped again", async () => {
    const { store, record, context } = await kept();
    const bytes = await (await tinyGanFile()).source.read(0, (await tinyGanFile()).source.size);
    const hash = new Sha256();
    hash.add(bytes);
    expect(record.hash).toBe(hash.hex());
    expect(record.id).toMatch(new RegExp(`^upload-${record.hash.slice(0, 10)}-[0-9a-f]{4}$`));
    expect(await listGenerators(info, context)).toContainEqual(
      expect.objectContaining({ id: record.id, kind: "learned" }),
    );
    expect((await listGenerators({ ...info, id: "cifar10" }, context)).map(({ id }) => id)).not.toContain(record.id);
    const before = await store.keys("");
    expect((await kept({}, store)).record).toEqual(record);
    expect(await store.keys("")).toEqual(before);
    const renamed = (await kept({ title: "Mine", provenance: "unknown" }, store)).record;
    expect(renamed).toEqual({ ...record, title: "Mine", provenance: "unknown" });
  });

  it("makes image i from (seed, i) alone: the same in other chunks, of another instance; classes by the map, at the benchmark's size", async () => {
    const { generator, record, context } = await kept();
    const whole = await generator.sample(4, 0, 70);
    expect([whole.height, whole.width]).toEqual([32, 32]);
    expect(whole.labels).toEqual(Int32Array.from({ length: 70 }, (_, i) => i % 10));
    const again = await createGenerator(record.id, benchmark, context);
    expect(again.fingerprint).toBe(generator.fingerprint);
    for (const [first, count] of [
      [33, 37],
      [0, 33],
    ] as const) {
      const indices = Array.from({ length: count }, (_, k) => first + k);
      expect(await again.sample(4, first, count)).toEqual(pick(whole, indices));
    }
    expect((await generator.sample(5, 0, 70)).images).not.toEqual(whole.images);
  });

  it("with statistics of the batch, an image is the same whatever is asked for with it", async () => {
    const { generator } = await kept({ settings: { batchNorm: "batch" } });
    const some = await generator.sample(1, 60, 10);
    const more = await generator.sample(1, 50, 30);
    expect(some).toEqual(pick(more, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]));
  });

  it("has other ids and fingerprints under other choices, and shares its bytes", async () => {
    const { store, record, generator } = await kept();
    const other = await kept({ settings: { truncation: 0.7 } }, store);
    const mapped = await kept({ classMap: [3, 2, 1, 0, 0, 1, 2, 3, 3, 3] }, store);
    const uniform = await kept({ labels: "uniform" }, store);
    const all = [{ record, generator }, other, mapped, uniform];
    expect(new Set(all.map((one) => one.record.id)).size).toBe(4);
    expect(new Set(all.map((one) => one.generator.fingerprint)).size).toBe(4);
    expect((await store.keys("generators/files/")).length).toBe(1);
    const labels = (await uniform.generator.sample(0, 0, 200)).labels;
    expect(new Set(labels).size).toBe(10);
    expect(labels).not.toEqual(Int32Array.from({ length: 200 }, (_, i) => i % 10));
    for (const one of all.slice(0, 3)) await deleteGeneratorRecord(store, one.record.id);
    expect((await store.keys("generators/files/")).length).toBe(1);
    await deleteGeneratorRecord(store, uniform.record.id);
    expect(await store.keys("")).toEqual([]);
  });

  it("refuses a map that does not fit, naming the classes", async () => {
    await expect(kept({ classMap: null })).rejects.toThrow("has 4 classes and the benchmark 10");
    await expect(kept({ classMap: [0, 1] })).rejects.toMatchObject({ code: "class-map" });
    await expect(kept({ classMap: [0, 1, 2, 3, 4, 0, 0, 0, 0, 0] })).rejects.toThrow("classes 0 to 3");
  });

  it("without classes needs a labeller, whose labels and confidences come with the images", async () => {
    const file = { name: "unet.safetensors", source: bytesSource(await safetensorsOf(smallCheckpoint("pesser"))) };
    const store = new MemoryStore();
    const job = { store, files: [file], benchmark: info };
    const settings = { sampler: "ddim", steps: 2 } as const;
    const bare = { ...options, classMap: null, settings };
    await expect(keepGenerator({ ...job, options: bare, labellerHash: null })).rejects.toMatchObject({
      code: "no-labeller",
    });
    const labeller = { kind: "cell", id: "baseline" } as const;
    const record = await keepGenerator({ ...job, options: { ...bare, labeller }, labellerHash: "ab" });
    const asked: unknown[] = [];
    const ops = plainOps();
    const context = bareContext(store, {
      openOps: async () => ops,
      openLabeller: async (spec, hash) => {
        asked.push([spec, hash]);
        return {
          label: async (images, count) => ({
            labels: Int32Array.from({ length: count }, (_, i) => (images[i * 3072] as number) % 10),
            confidence: new Float32Array(count).fill(0.5),
          }),
        };
      },
    });
    const made = await (await createGenerator(record.id, benchmark, context)).sample(0, 0, 3);
    expect(made.labels[1]).toBe((made.images[3072] as number) % 10);
    expect(made.confidence).toEqual(new Float32Array(3).fill(0.5));
    expect(asked).toEqual([[labeller, "ab"]]);
    await expect(
      keepGenerator({ ...job, files: [await tinyGanFile()], options: { ...options, labeller }, labellerHash: "ab" }),
    ).rejects.toThrow("leave the classifier out");
  });
});

describe("files that cannot be kept", () => {
  it.each<[string, () => Promise<NamedSource>, string]>([
    ["HTML", async () => source("page.pth", "<!doctype html>"), "HTML"],
    ["noise", async () => source("x.pth", "abcdefghijklmnopqrst"), "known format"],
    ["a cut file", async () => cut(await tinyGanFile()), "tiny"],
  ])("%s leaves nothing behind", async (_, make) => {
    const store = new MemoryStore();
    const files = [await make()];
    expect((await inspectGenerator(files)).verdict).toBe("refused");
    await expect(keepGenerator({ store, files, benchmark: info, labellerHash: null, options })).rejects.toThrow();
    expect(await store.keys("")).toEqual([]);
  });

  it("a store that fails in between, or has no room, keeps nothing", async () => {
    for (const at of [1, 2]) {
      const store = new Failing(at);
      await expect(kept({}, store)).rejects.toThrow("disk");
      expect(await store.keys("")).toEqual([]);
      expect(await listGeneratorRecords(store)).toEqual([]);
    }
    const full = Object.assign(new MemoryStore(), { usage: async () => ({ used: 990, quota: 1000 }) });
    await expect(kept({}, full)).rejects.toMatchObject({ code: "quota" });
    expect(await full.keys("")).toEqual([]);
  });
});

function source(name: string, text: string): NamedSource {
  return { name, source: bytesSource(new TextEncoder().encode(text)) };
}

async function cut({ name, source: whole }: NamedSource): Promise<NamedSource> {
  return { name, source: bytesSource(await whole.read(0, whole.size - 10)) };
}
