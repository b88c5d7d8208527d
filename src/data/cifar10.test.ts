import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../storage/memory.ts";
import { cifar10Benchmark } from "./cifar10.ts";
import { storeDataset } from "./datasetsRecord.ts";

let store = new MemoryStore();
beforeEach(() => {
  store = new MemoryStore();
});

/** A dataset of `count` images; image i has label i mod classes and every pixel i mod 251 (salted). */
async function put(id: string, count: number, classes: number, salt = 0): Promise<void> {
  const classNames = Array.from({ length: classes }, (_, k) => `c${k}`);
  await storeDataset(store, { id, title: id, classNames, height: 32, width: 32, files: [id] }, async (add) => {
    for (let i = 0; i < count; i++) await add(new Uint8Array(3072).fill((i + salt) % 251), i % classes);
    return { note: `${id}, lossless.`, lossless: true };
  });
}

describe("the CIFAR-10 benchmark", () => {
  it("lists what to drop when nothing is there", async () => {
    const { info, load } = await cifar10Benchmark(store);
    expect(info.sets).toEqual([]);
    expect(info.missing).toHaveLength(7);
    expect(info.missing.join(" ")).toMatch(/data_batch_1\.bin.*test_batch\.bin.*cifar-100.*MNIST.*SVHN.*DTD.*Places/s);
    await expect(load("train")).rejects.toThrow(/no set "train"; it has none yet/);
  });

  it("has ID sets only when only they are there", async () => {
    await put("cifar10-train", 50, 10);
    await put("cifar10-test", 400, 10);
    const { info, load } = await cifar10Benchmark(store);
    expect(info.sets.map(({ name, group, role, count }) => [name, group, role, count])).toEqual([
      ["train", "id", "train", 50],
      ["id_val", "id", "val", 40],
      ["id_test", "id", "test", 360],
    ]);
    expect(info.classNames).toHaveLength(10);
    expect(info.missing).toHaveLength(5);
    const val = await load("id_val");
    const test = await load("id_test");
    for (let k = 0; k < 10; k++) {
      expect(val.labels.filter((label) => label === k)).toHaveLength(4);
      expect(test.labels.filter((label) => label === k)).toHaveLength(36);
    }
  });

  it("draws validation and test as disjoint parts that make up the whole, the same each time", async () => {
    await put("cifar100-test", 200, 100);
    const benchmark = await cifar10Benchmark(store);
    const first = (set: { count: number; images: Uint8Array }) =>
      Array.from({ length: set.count }, (_, i) => set.images[i * 3072] as number);
    const val = await benchmark.load("near_val");
    const test = await benchmark.load("near_cifar100");
    expect([val.count, test.count]).toEqual([20, 180]);
    expect([...first(val), ...first(test)].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(new Set([...val.labels, ...test.labels])).toEqual(new Set([-1]));
    expect(first(val)).not.toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(first(await (await cifar10Benchmark(store)).load("near_val"))).toEqual(first(val));
    expect(benchmark.info.sets.find(({ name }) => name === "near_val")?.note).toMatch(/of its distribution/);
  });

  it("loads some images as the whole set has them", async () => {
    await put("cifar10-test", 400, 10);
    await put("mnist-test", 30, 10);
    const { load, loadSome } = await cifar10Benchmark(store);
    for (const name of ["id_test", "mnist"]) {
      const whole = await load(name);
      const some = await loadSome(name, [7, 0, 29]);
      expect([...some.labels]).toEqual([7, 0, 29].map((i) => whole.labels[i]));
      expect(some.images[3072]).toBe(whole.images[0]);
      expect(some.images[0]).toBe(whole.images[7 * 3072]);
    }
    await expect(loadSome("mnist", [30])).rejects.toThrow(/has 30 images, none at 30/);
  });

  it("changes its fingerprint with any byte of any set, and not otherwise", async () => {
    await put("cifar10-train", 50, 10);
    const before = (await cifar10Benchmark(store)).info.fingerprint;
    expect((await cifar10Benchmark(store)).info.fingerprint).toBe(before);
    store = new MemoryStore();
    await put("cifar10-train", 50, 10, 1);
    expect((await cifar10Benchmark(store)).info.fingerprint).not.toBe(before);
  });

  it("is complete with all seven datasets", async () => {
    await put("cifar10-train", 100, 10);
    await put("cifar10-test", 100, 10);
    await put("cifar100-test", 100, 100);
    for (const id of ["mnist-test", "svhn", "texture", "places365"]) await put(id, 10, 5);
    const { info } = await cifar10Benchmark(store);
    expect(info.missing).toEqual([]);
    expect(info.sets.map(({ name }) => name)).toEqual([
      "train",
      "id_val",
      "id_test",
      "near_val",
      "near_cifar100",
      "mnist",
      "svhn",
      "texture",
      "places365",
    ]);
  });

  it("says so when there are too few images to split", async () => {
    await put("cifar10-test", 50, 10);
    const { info } = await cifar10Benchmark(store);
    expect(info.sets.map(({ name }) => name)).toEqual(["id_test"]);
    expect(info.missing.join(" ")).toMatch(/CIFAR-10 validation: the 50 images of "cifar10-test" are too few/);
  });
});
