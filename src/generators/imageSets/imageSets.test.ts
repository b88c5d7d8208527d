import { describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { npyHeader } from "../../runs/pools/npzFile.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { KeepGeneratorOptions } from "../../study/generatorRecord.ts";
import { createGenerator } from "../registry.ts";
import { bareContext } from "../testing/context.ts";
import { inspectGenerator } from "../uploaded/inspect.ts";
import { keepGenerator } from "../uploaded/keep.ts";
import { deleteGeneratorRecord } from "../uploaded/records.ts";

const benchmark = shapesBenchmark({ train: 20 });
const { info } = benchmark;
const options: KeepGeneratorOptions = {
  title: "Theirs",
  benchmark: info.id,
  settings: {},
  labels: "balanced",
  classMap: null,
  labeller: null,
  provenance: "superset",
};

function npy(name: string, descr: string, shape: number[], bytes: Uint8Array): NamedSource {
  const header = npyHeader(descr, shape);
  const file = new Uint8Array(header.length + bytes.length);
  file.set(header);
  file.set(bytes, header.length);
  return { name, source: bytesSource(file) };
}

/** Image i is all i mod 251; labels as given. */
function pair(labels: readonly number[], side = 32): NamedSource[] {
  const size = side * side * 3;
  const images = new Uint8Array(labels.length * size);
  labels.forEach((_, i) => {
    images.fill(i % 251, i * size, (i + 1) * size);
  });
  const classes = new Uint8Array(BigInt64Array.from(labels, BigInt).buffer);
  return [
    npy("images.npy", "|u1", [labels.length, side, side, 3], images),
    npy("labels.npy", "<i8", [labels.length], classes),
  ];
}

async function generatorOf(files: NamedSource[], more: Partial<KeepGeneratorOptions> = {}) {
  const store = new MemoryStore();
  const record = await keepGenerator({
    store,
    files,
    benchmark: info,
    labellerHash: null,
    options: { ...options, ...more },
  });
  return { store, record, generator: await createGenerator(record.id, benchmark, bareContext(store)) };
}

describe("a pair of .npy files as a generator", () => {
  // Sorted by class, uneven, over two chunks: 130 of class 0, 110 of class 1 … 140 of class 9.
  const counts = [130, 110, 120, 115, 125, 130, 110, 120, 100, 140];
  const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));

  it("balanced: image i is the next of class i mod 10, until a class has no more", async () => {
    const { generator, record } = await generatorOf(pair(labels));
    expect(record.images).toMatchObject({ count: 1200, classes: 10, perClass: counts, lossless: true });
    expect(generator.limit).toBe(1000);
    const made = await generator.sample(0, 0, 1000);
    expect(made.labels).toEqual(Int32Array.from({ length: 1000 }, (_, i) => i % 10));
    const starts = counts.map((_, k) => counts.slice(0, k).reduce((sum, n) => sum + n, 0));
    for (const i of [0, 13, 517, 999]) {
      expect(made.images[i * 3072]).toBe(((starts[i % 10] as number) + Math.floor(i / 10)) % 251);
    }
    await expect(generator.sample(0, 990, 20)).rejects.toMatchObject({ code: "images-used-up" });
  });

  it("as the files have them: image i is the i-th", async () => {
    const { generator } = await generatorOf(pair(labels), { labels: "uniform" });
    expect(generator.limit).toBe(1200);
    const made = await generator.sample(3, 1000, 200);
    expect(made.labels).toEqual(Int32Array.from(labels.slice(1000)));
    expect(Array.from({ length: 200 }, (_, k) => made.images[k * 3072])).toEqual(
      Array.from({ length: 200 }, (_, k) => (1000 + k) % 251),
    );
  });

  it("kept in another order shares its images, which go with the last of them", async () => {
    const { store, record } = await generatorOf(pair(labels));
    const before = (await store.keys("generators/images/")).length;
    const again = { ...options, labels: "uniform" as const };
    const other = await keepGenerator({
      store,
      files: pair(labels),
      benchmark: info,
      labellerHash: null,
      options: again,
    });
    expect(other.id).not.toBe(record.id);
    expect((await store.keys("generators/images/")).length).toBe(before);
    await deleteGeneratorRecord(store, record.id);
    const left = await createGenerator(other.id, benchmark, bareContext(store));
    expect((await left.sample(0, 0, 5)).labels).toEqual(new Int32Array(5));
    await deleteGeneratorRecord(store, other.id);
    expect(await store.keys("")).toEqual([]);
  });

  it("is fitted to the benchmark's size, and its classes mapped", async () => {
    const { generator } = await generatorOf(pair([0, 1, 2, 0, 1, 2], 16), {
      classMap: [2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      labels: "uniform",
    });
    const made = await generator.sample(0, 0, 6);
    expect([made.height, made.images.length]).toEqual([32, 6 * 3072]);
    expect(made.labels).toEqual(Int32Array.of(2, 1, 0, 2, 1, 0));
    expect(made.images[5 * 3072 + 1000]).toBe(5);
  });

  it("is refused, with the reason, where the arrays do not go together", async () => {
    const images = pair([0, 1])[0] as NamedSource;
    const verdicts = await Promise.all(
      [
        [images, npy("labels.npy", "<i8", [3], new Uint8Array(24))],
        [npy("x.npy", "<f4", [2, 32, 32, 3], new Uint8Array(4 * 2 * 3072))],
        [npy("x.npy", "|u1", [0, 32, 32, 3], new Uint8Array(0))],
        [npy("x.npy", "|u1", [5, 32, 32, 3], new Uint8Array(3072))],
        [images, npy("labels.npy", "<i8", [2], new Uint8Array(BigInt64Array.of(0n, -1n).buffer))],
      ].map(inspectGenerator),
    );
    expect(verdicts.slice(0, 4).map(({ verdict, error }) => [verdict, error])).toEqual([
      ["refused", expect.stringContaining("labels of 2 images are integers [2]")],
      ["refused", expect.stringContaining("None of its arrays")],
      ["refused", expect.stringContaining("no images")],
      ["refused", expect.stringContaining("needs 15,360 bytes")],
    ]);
    expect(verdicts[4]?.error).toContain("Label 1 is -1");
  });
});
