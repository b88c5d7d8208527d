import { beforeEach, describe, expect, test } from "vitest";
import type { Benchmark, Group, Role } from "../data/benchmark.ts";
import { type ImageSet, pick } from "../data/imageSet.ts";
import { plainKernels } from "../engine/dense/plain.ts";
import type { Network } from "../engine/network.ts";
import { Stream } from "../random/stream.ts";
import type { Entry, Json, Store } from "../storage/store.ts";
import { evaluate } from "./evaluate.ts";
import { evaluationRecords, readEvaluation } from "./evaluationCache.ts";
import type { Scoring } from "./scoreSets.ts";
import { classifierAccuracies, summariseDetectors } from "./summarise.ts";

const SIDE = 8;
const CLASSES = 3;
const paper: Scoring = { preset: "paper", kernels: plainKernels, normalisation: null };

/** Red, green or blue squares with noise: class = brightest channel. OOD: grey of the given level. */
function madeSet(seed: number, count: number, grey: number | null): ImageSet {
  const stream = new Stream(seed, "test-images");
  const images = new Uint8Array(count * SIDE * SIDE * 3);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = grey === null ? i % CLASSES : -1;
    for (let p = 0; p < SIDE * SIDE; p++) {
      for (let c = 0; c < 3; c++) {
        const level = grey ?? (c === i % CLASSES ? 200 : 40);
        images[(i * SIDE * SIDE + p) * 3 + c] = level + stream.int(40);
      }
    }
  }
  return { count, height: SIDE, width: SIDE, images, labels };
}

const contents: Record<string, { group: Group; role: Role; set: ImageSet }> = {
  train: { group: "id", role: "train", set: madeSet(1, 600, null) },
  id_val: { group: "id", role: "val", set: madeSet(2, 90, null) },
  id_test: { group: "id", role: "test", set: madeSet(3, 300, null) },
  id_hue: { group: "id", role: "diagnostic", set: madeSet(4, 30, null) },
  near_val: { group: "near", role: "val", set: madeSet(5, 60, 120) },
  near_a: { group: "near", role: "test", set: madeSet(6, 80, 120) },
  near_b: { group: "near", role: "test", set: madeSet(7, 60, 150) },
  far: { group: "far", role: "test", set: madeSet(8, 50, 10) },
};

const benchmark: Benchmark = {
  info: {
    id: "squares",
    title: "Squares",
    classNames: ["red", "green", "blue"],
    height: SIDE,
    width: SIDE,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    sets: Object.entries(contents).map(([name, { group, role, set }]) => ({
      name,
      title: name,
      group,
      role,
      count: set.count,
      note: "",
    })),
    missing: [],
    fingerprint: "test",
  },
  load: async (name) => contents[name]?.set ?? Promise.reject(new Error(`no set ${name}`)),
  loadSome: async (name, indices) => pick((contents[name] as { set: ImageSet }).set, indices),
};

/** Mean of each channel as feature, an identity head times 0.05: a network without a backend. */
function channelMeans(slices: number[]): Network {
  const unused = () => Promise.reject(new Error("not part of an evaluation"));
  return {
    spec: { architecture: "resnet18", width: 8, classes: CLASSES, imageSize: SIDE },
    featureDim: 3,
    backend: { name: "cpu", threads: 1, adapter: "", software: false, reason: "test" },
    stepsInFlight: 1,
    trainStep: unused,
    forwardNormalised: unused,
    inputGradient: unused,
    importState: unused,
    async forward(images, count) {
      slices.push(count);
      const features = new Float32Array(count * 3);
      for (let i = 0; i < images.length; i++) {
        const at = Math.floor(i / (SIDE * SIDE * 3)) * 3 + (i % 3);
        features[at] = (features[at] as number) + (images[i] as number) / (SIDE * SIDE);
      }
      return { features, logits: features.map((value) => value * 0.05) };
    },
    async exportState() {
      const weight = Float32Array.of(0.05, 0, 0, 0, 0.05, 0, 0, 0, 0.05);
      return new Map([
        ["fc.weight", { shape: [3, 3], data: weight }],
        ["fc.bias", { shape: [3], data: new Float32Array(3) }],
      ]);
    },
    dispose() {},
  };
}

let slices: number[];
beforeEach(() => {
  slices = [];
});

describe("one evaluation pass", () => {
  test("every set once, in slices, features and logits in image order", async () => {
    const progress: [number, number, string][] = [];
    const evaluation = await evaluate(channelMeans(slices), benchmark, { onProgress: (...p) => progress.push(p) });
    expect([...evaluation.sets.keys()]).toEqual(Object.keys(contents));
    expect(slices.slice(0, 3)).toEqual([256, 256, 88]);
    expect(slices.reduce((a, b) => a + b)).toBe(1270);
    expect(progress.at(-1)).toEqual([1270, 1270, "far"]);
    const train = evaluation.sets.get("train");
    const image = contents.train?.set.images.subarray(300 * 192, 301 * 192) as Uint8Array;
    const red = image.filter((_, i) => i % 3 === 0).reduce((sum, value) => sum + value, 0) / 64;
    expect((await train?.readFeatures(300, 1))?.[0]).toBeCloseTo(red, 3);
    expect(train?.labels[301]).toBe(1);
    expect(evaluation.head.weight[4]).toBeCloseTo(0.05, 6);
  });

  test("only the wanted roles, only the real images in use", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark, { roles: ["train", "val"], trainCount: 100 });
    expect([...evaluation.sets].map(([name, set]) => [name, set.count])).toEqual([
      ["train", 100],
      ["id_val", 90],
      ["near_val", 60],
    ]);
    expect(evaluation.sets.get("train")?.labels.length).toBe(100);
  });

  test("an abort between slices ends the pass with its reason", async () => {
    const controller = new AbortController();
    const pass = evaluate(channelMeans(slices), benchmark, {
      signal: controller.signal,
      onProgress: (_done, _total, set) => set === "id_val" && controller.abort(new Error("stopped by the user")),
    });
    await expect(pass).rejects.toThrow("stopped by the user");
    expect(slices).toEqual([256, 256, 88, 90]);
  });

  test("work happens inside turns, breathing outside", async () => {
    let inside = false;
    let turns = 0;
    const network = channelMeans(slices);
    const watched: Network = {
      ...network,
      forward: (images, count) => (inside ? network.forward(images, count) : Promise.reject(new Error("no turn"))),
    };
    await evaluate(watched, benchmark, {
      turn: async (work) => {
        turns++;
        inside = true;
        const result = await work();
        inside = false;
        return result;
      },
      breathe: async () => expect(inside).toBe(false),
    });
    expect(turns).toBeGreaterThanOrEqual(Object.keys(contents).length);
  });

  test("images of another size are refused by name", async () => {
    const network = channelMeans(slices);
    const larger: Network = { ...network, spec: { ...network.spec, imageSize: 16 } };
    await expect(evaluate(larger, benchmark)).rejects.toThrow('Set "train" has images of 8×8 pixels');
  });
});

describe("summary", () => {
  test("metrics, means, curves, mistakes and accuracies", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark);
    const chosen = [{ name: "msp" }, { name: "knn", params: { K: 5 } }];
    const all = await summariseDetectors(evaluation, benchmark.info.sets, chosen, paper);
    expect(all.map((result) => result.detector)).toEqual(["msp", "knn"]);
    for (const result of all) {
      expect(result.undefinedBecause).toBeNull();
      expect(result.sets.map((set) => [set.set, set.test, set.nId, set.nOod])).toEqual([
        ["near_val", false, 90, 60],
        ["near_a", true, 300, 80],
        ["near_b", true, 300, 60],
        ["far", true, 300, 50],
      ]);
      expect(result.near.auroc).toBe(1);
      expect(result.far.fpr95Id).toBe(0);
      const [val, nearA] = result.sets;
      expect([val?.histogram, val?.roc, val?.worst]).toEqual([null, null, []]);
      expect(nearA?.histogram?.id.reduce((a, b) => a + b)).toBe(300);
      expect(nearA?.roc?.fpr.at(-1)).toBe(1);
      expect(nearA?.worst.length).toBe(8);
      const scores = nearA?.worst.map((mistake) => mistake.score) ?? [];
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(result.worstId.map((mistake) => mistake.predicted)).toEqual(
        result.worstId.map((mistake) => mistake.index % CLASSES),
      );
    }
    expect(classifierAccuracies(evaluation, benchmark.info)).toEqual({
      idTest: 1,
      idVal: 1,
      diagnostic: { id_hue: 1 },
    });
  });

  test("near and far are unweighted means over the sets", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark);
    const idTest = evaluation.sets.get("id_test");
    if (idTest === undefined) throw new Error("no id_test");
    const swapped = { ...evaluation, sets: new Map([...evaluation.sets, ["near_b", idTest]]) };
    const [result] = await summariseDetectors(swapped, benchmark.info.sets, [{ name: "mls" }], paper);
    expect(result?.sets.map((set) => set.metrics.auroc)).toEqual([1, 1, 0.5, 1]);
    expect(result?.near.auroc).toBe(0.75);
  });

  test("undefined: the sentence is kept and every number is null", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark, { trainCount: 20 });
    const [knn] = await summariseDetectors(evaluation, benchmark.info.sets, [{ name: "knn" }], paper);
    expect(knn?.undefinedBecause).toBe("undefined, because K = 50 exceeds the 20 train images of the bank");
    expect(knn?.near).toEqual({ auroc: null, fpr95Id: null, fpr95Ood: null, auprIn: null, auprOut: null });
    expect(knn?.sets.every((set) => set.metrics.auroc === null && set.worst.length === 0)).toBe(true);
  });

  test("undefined on one set only: the others keep their numbers, the mean of that group is null", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark);
    evaluation.sets.get("near_b")?.logits.fill(Number.NaN, 0, 1);
    const [mls] = await summariseDetectors(evaluation, benchmark.info.sets, [{ name: "mls" }], paper);
    expect(mls?.undefinedBecause).toBe("undefined, because the score of image 0 of 60 is NaN (near_b)");
    expect(mls?.near.auroc).toBeNull();
    expect(mls?.far.auroc).toBe(1);
  });
});

describe("cache", () => {
  function memory(): Store {
    const entries = new Map<string, Entry>();
    return {
      read: async (key) => entries.get(key),
      readMeta: async (key): Promise<Json | undefined> => entries.get(key)?.meta,
      write: async (batch) => {
        for (const [key, entry] of batch) entry === null ? entries.delete(key) : entries.set(key, entry);
      },
      keys: async () => [...entries.keys()].sort(),
      deleteAll: async () => entries.clear(),
      usage: async () => ({ used: 0, quota: null }),
    };
  }

  test("what is written is read back", async () => {
    const store = memory();
    const evaluation = await evaluate(channelMeans(slices), benchmark);
    await store.write(await evaluationRecords("cells/x/evaluation", evaluation));
    const kept = await readEvaluation(store, "cells/x/evaluation");
    expect(kept?.head).toEqual(evaluation.head);
    expect([...(kept?.sets.keys() ?? [])]).toEqual([...evaluation.sets.keys()]);
    for (const [name, set] of evaluation.sets) {
      const again = kept?.sets.get(name);
      expect([again?.labels, again?.logits]).toEqual([set.labels, set.logits]);
      expect(await again?.readFeatures(7, 20)).toEqual(await set.readFeatures(7, 20));
    }
    expect(await readEvaluation(store, "cells/y/evaluation")).toBeUndefined();
  });

  test("a missing or short part is called corrupt by its key", async () => {
    const store = memory();
    const evaluation = await evaluate(channelMeans(slices), benchmark, { roles: ["val"] });
    await store.write(await evaluationRecords("e", evaluation));
    await store.write([["e/sets/id_val", null]]);
    await expect(readEvaluation(store, "e")).rejects.toThrow('"e/sets/id_val" is damaged');
    const short = { features: new Float32Array(3), logits: new Float32Array(3), labels: new Int32Array(2) };
    await store.write([["e/sets/id_val", { meta: { count: 2 }, arrays: short }]]);
    await expect(readEvaluation(store, "e")).rejects.toMatchObject({ code: "corrupt" });
  });
});
