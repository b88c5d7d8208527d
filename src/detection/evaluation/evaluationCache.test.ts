import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import type { Benchmark, SetInfo } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import type { Network } from "../../engine/network.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { Entry } from "../../storage/store.ts";
import { channelMeans, contents, squares } from "../testing/squares.ts";
import type { ActivationSet } from "./activationSet.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { finishEvaluation, type Keeping, readEvaluation, storedSink, writeEvaluation } from "./evaluationCache.ts";
import { CACHE_BYTES, CHUNK_ROWS } from "./featureChunks.ts";

const keeping: Keeping = { dtype: "float32", backend: "cpu" };

/** Evaluates into the store, as a cell does. */
async function kept(store: MemoryStore, network: Network, benchmark: Benchmark, how = keeping): Promise<Evaluation> {
  const sizes = { featureDim: network.featureDim, classes: network.spec.classes };
  const evaluation = await evaluate(network, benchmark, { sink: storedSink(store, "e", sizes, how) });
  await finishEvaluation(store, "e", evaluation, how);
  return evaluation;
}

describe("a kept evaluation", () => {
  it("holds what an evaluation in memory holds, features in any run", async () => {
    const store = new MemoryStore();
    const inMemory = await evaluate(channelMeans(), squares);
    for (const evaluation of [await kept(store, channelMeans(), squares), await readEvaluation(store, "e")]) {
      expect(evaluation?.head).toEqual(inMemory.head);
      expect([...(evaluation?.sets.keys() ?? [])]).toEqual(Object.keys(contents));
      for (const [name, set] of inMemory.sets) {
        const same = evaluation?.sets.get(name);
        expect([same?.labels, same?.logits]).toEqual([set.labels, set.logits]);
        expect(await same?.readFeatures(7, 20)).toEqual(await set.readFeatures(7, 20));
      }
    }
    expect(await readEvaluation(store, "other")).toBeUndefined();
  });

  it("as float16 is off by the rounding, and half the size", async () => {
    const [store, halves] = [new MemoryStore(), new MemoryStore()];
    const inMemory = await kept(store, channelMeans(), squares);
    await writeEvaluation(halves, "e", inMemory, { ...keeping, dtype: "float16" });
    const read = await readEvaluation(halves, "e");
    expect(read?.dtype).toBe("float16");
    const [exact, rounded] = [
      await inMemory.sets.get("far")?.readFeatures(0, 50),
      await read?.sets.get("far")?.readFeatures(0, 50),
    ];
    exact?.forEach((value, i) => {
      expect(Math.abs((rounded?.[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11);
    });
    expect(exact).not.toEqual(rounded);
    const bytes = async (of: MemoryStore) => (await of.read("e/features/far/000000"))?.arrays;
    expect([(await bytes(store))?.features?.byteLength, (await bytes(halves))?.half?.byteLength]).toEqual([600, 300]);
  });

  it("without its last record counts as none; with a part that is missing or short it is corrupt by that part's key", async () => {
    const store = new MemoryStore();
    await kept(store, channelMeans(), squares);
    const head = await store.read("e/head");
    await store.write([["e/head", null]]);
    expect(await readEvaluation(store, "e")).toBeUndefined();
    await store.write([
      ["e/head", head as Entry],
      ["e/features/far/000000", { meta: { count: 1 }, arrays: { features: new Float32Array(3) } }],
    ]);
    const far = (await readEvaluation(store, "e"))?.sets.get("far");
    await expect(far?.readFeatures(0, 50)).rejects.toThrow('"e/features/far/000000" is damaged');
    await store.write([["e/sets/id_val", null]]);
    await expect(readEvaluation(store, "e")).rejects.toMatchObject({ code: "corrupt" });
  });

  it("cut off while it is overwritten counts as none", async () => {
    const store = new MemoryStore();
    const evaluation = await evaluate(channelMeans(), squares);
    await writeEvaluation(store, "e", evaluation, keeping);
    const far = evaluation.sets.get("far") as ActivationSet;
    const lost: ActivationSet = { ...far, readFeatures: () => Promise.reject(new Error("cut off")) };
    const broken = { ...evaluation, sets: new Map([...evaluation.sets, ["far", lost]]) };
    await expect(writeEvaluation(store, "e", broken, keeping)).rejects.toThrow("cut off");
    expect(await readEvaluation(store, "e")).toBeUndefined();
  });

  it("loses a set as soon as that is begun anew", async () => {
    const store = new MemoryStore();
    await kept(store, channelMeans(), squares);
    const sink = storedSink(store, "e", { featureDim: 3, classes: 3 }, keeping);
    expect((await sink.kept("far", 50))?.count).toBe(50);
    await sink.begin("far", 50);
    expect(await sink.kept("far", 50)).toBeUndefined();
  });

  it("of version 0.2, features beside labels and logits, counts as none and is replaced", async () => {
    const store = new MemoryStore();
    const arrays = { features: new Float32Array(150), logits: new Float32Array(150), labels: new Int32Array(50) };
    await store.write([
      [
        "e/head",
        {
          meta: { featureDim: 3, classes: 3, sets: ["far"] },
          arrays: { weight: new Float32Array(9), bias: new Float32Array(3) },
        },
      ],
      ["e/sets/far", { meta: { count: 50 }, arrays }],
    ]);
    expect(await readEvaluation(store, "e")).toBeUndefined();
    await kept(store, channelMeans(), squares);
    expect((await readEvaluation(store, "e"))?.sets.get("far")?.logits[0]).toBeGreaterThan(0);
    expect((await store.read("e/sets/far"))?.arrays.features).toBeUndefined();
  });
});

const DIM = 512;
const SIZES = { train: 9000, id_test: 9000, far: 2000 };
const bytesOfImage = 8 * 8 * 3;

/** 20,000 images of 8 × 8 pixels, made when loaded. */
const large: Benchmark = {
  info: {
    ...squares.info,
    sets: Object.entries(SIZES).map(
      ([name, count]): SetInfo => ({
        name,
        title: name,
        note: "",
        count,
        group: name === "far" ? "far" : "id",
        role: name === "train" ? "train" : "test",
      }),
    ),
  },
  load: async (name): Promise<ImageSet> => {
    const count = SIZES[name as keyof typeof SIZES];
    return { count, height: 8, width: 8, images: new Uint8Array(count * bytesOfImage), labels: new Int32Array(count) };
  },
  loadSome: () => Promise.reject(new Error("small enough to be loaded whole")),
};

/** 512 features: the number of the image among those passed so far, in every one. */
function counting(passed: { images: number }, failAt = Number.POSITIVE_INFINITY): Network {
  return {
    ...channelMeans(),
    featureDim: DIM,
    exportState: async () =>
      new Map([
        ["fc.weight", { shape: [3, DIM], data: new Float32Array(3 * DIM) }],
        ["fc.bias", { shape: [3], data: new Float32Array(3) }],
      ]),
    forward: async (_images, count) => {
      if (passed.images >= failAt) throw new Error("cut off");
      const features = new Float32Array(count * DIM);
      for (let i = 0; i < count; i++) features.fill(passed.images + i, i * DIM, (i + 1) * DIM);
      passed.images += count;
      return { features, logits: new Float32Array(count * 3) };
    },
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of typed arrays that are still in use somewhere in this process. */
function liveBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Keeps of features only how many there were, makes them up when read, and watches the memory in use all along. */
class ForgetfulStore extends MemoryStore {
  readonly lengths = new Map<string, number>();
  peak = 0;

  override async write(batch: Parameters<MemoryStore["write"]>[0]): Promise<void> {
    this.peak = Math.max(this.peak, liveBytes());
    const others = batch.filter(([key, entry]) => {
      if (entry?.arrays.features !== undefined) this.lengths.set(key, entry.arrays.features.length);
      return entry?.arrays.features === undefined;
    });
    await super.write(others);
  }

  override async read(key: string): Promise<Entry | undefined> {
    this.peak = Math.max(this.peak, liveBytes());
    const length = this.lengths.get(key);
    return length === undefined ? super.read(key) : { meta: {}, arrays: { features: new Float32Array(length) } };
  }
}

const chunkBytes = CHUNK_ROWS * DIM * 4;

describe("20,000 images with 512 features", () => {
  it("are never in memory together: a few chunks on the way in, a fixed cache on the way out", async () => {
    const store = new ForgetfulStore();
    const images = 9000 * bytesOfImage;
    let before = liveBytes();
    await kept(store, counting({ images: 0 }), large);
    const total = [...store.lengths.values()].reduce((sum, length) => sum + length, 0);
    expect(total).toBe(20_000 * DIM);
    const allowed = images + 3 * chunkBytes;
    expect(store.peak - before).toBeLessThan(allowed);
    expect(allowed).toBeLessThan(total * 4 * 0.7);

    const evaluation = await readEvaluation(store, "e");
    before = liveBytes();
    store.peak = 0;
    for (let repeat = 0; repeat < 3; repeat++) {
      for (const set of evaluation?.sets.values() ?? []) {
        for (let first = 0; first < set.count; first += CHUNK_ROWS) {
          await set.readFeatures(first, Math.min(CHUNK_ROWS, set.count - first));
        }
      }
    }
    expect(store.peak - before).toBeLessThan(CACHE_BYTES + 2 * chunkBytes);
  });

  it("are read back in any run, the last chunks from memory", async () => {
    const store = new MemoryStore();
    await kept(store, counting({ images: 0 }), large);
    const read = vi.spyOn(store, "read");
    const train = (await readEvaluation(store, "e"))?.sets.get("train");
    read.mockClear();
    const run = await train?.readFeatures(CHUNK_ROWS - 10, CHUNK_ROWS + 20);
    expect([run?.[0], run?.at(-1)]).toEqual([CHUNK_ROWS - 10, 2 * CHUNK_ROWS + 9]);
    await train?.readFeatures(0, CHUNK_ROWS);
    expect(read.mock.calls.map(([key]) => key.slice(-1))).toEqual(["0", "1", "2"]);
  });

  it("cut off after a set, go on with the next: what is whole is not passed again", async () => {
    const store = new MemoryStore();
    const passed = { images: 0 };
    await expect(kept(store, counting(passed, 10_000), large)).rejects.toThrow("cut off");
    expect(await readEvaluation(store, "e")).toBeUndefined();
    const before = passed.images;
    await kept(store, counting(passed), large);
    expect(passed.images - before).toBe(SIZES.id_test + SIZES.far);
    const again = await readEvaluation(store, "e");
    expect((await again?.sets.get("train")?.readFeatures(8999, 1))?.[0]).toBe(8999);
    // The interrupted set was begun anew: no chunk of the first attempt is left.
    expect((await again?.sets.get("id_test")?.readFeatures(0, 1))?.[0]).toBe(before);
  });

  it("passed by another backend are passed again, so that one evaluation has one", async () => {
    const store = new MemoryStore();
    const passed = { images: 0 };
    await expect(kept(store, counting(passed, 10_000), large)).rejects.toThrow("cut off");
    const before = passed.images;
    await kept(store, counting(passed), large, { ...keeping, backend: "webgpu" });
    expect(passed.images - before).toBe(20_000);
  });
});
