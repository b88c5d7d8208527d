import { beforeEach, describe, expect, test } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Network } from "../../engine/network.ts";
import type { DetectorScores, Scoring } from "../scoring/scoreSets.ts";
import { classifierAccuracies, summariseDetectors } from "../scoring/summarise.ts";
import { squares as benchmark, CLASSES, channelMeans, contents } from "../testing/squares.ts";
import { evaluate } from "./evaluate.ts";

const paper: Scoring = { preset: "paper", kernels: plainKernels, normalisation: null };

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

  test("the mistakes are the ID images of lowest and the OOD images of highest confidence", async () => {
    const evaluation = await evaluate(channelMeans(slices), benchmark);
    const held: DetectorScores[] = [];
    const [mls] = await summariseDetectors(evaluation, benchmark.info.sets, [{ name: "mls" }], paper, (scores) =>
      held.push(scores),
    );
    const sorted = (set: string) => [...(held[0]?.scores.get(set) ?? [])].sort((a, b) => a - b);
    expect(mls?.worstId.map((mistake) => mistake.score)).toEqual(sorted("id_test").slice(0, 8));
    const far = mls?.sets.find(({ set }) => set === "far");
    expect(far?.worst.map((mistake) => mistake.score)).toEqual(sorted("far").reverse().slice(0, 8));
    for (const { index, score } of far?.worst ?? []) expect(held[0]?.scores.get("far")?.[index]).toBe(score);
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
