import { describe, expect, test } from "vitest";
import { Stream } from "../../random/stream.ts";
import { UndefinedScore } from "../detector.ts";
import type { LabelledFeatures } from "./softmaxHead.ts";
import { type WhatIfInput, whatIf, whatIfRecord } from "./whatIf.ts";

const CLASSES = 3;
const DIM = 4;

/** Class k lies at `distance` on axis k; the fourth axis is noise, shifted by `offset`. */
function clusters(seed: number, count: number, distance: number, noise: number, offset = 0): LabelledFeatures {
  const stream = new Stream(seed, "test-features");
  const features = new Float32Array(count * DIM);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < DIM; d++) {
      const centre = d === i % CLASSES ? distance : d === DIM - 1 ? offset : 0;
      features[i * DIM + d] = centre + noise * stream.uniform(-1, 1);
    }
  }
  return { count, features, labels };
}

const real = clusters(1, 120, 2, 1);
const input: WhatIfInput = {
  featureDim: DIM,
  classes: CLASSES,
  head: { weight: new Float32Array(CLASSES * DIM), bias: new Float32Array(CLASSES) },
  real,
  synthetic: clusters(2, 300, 2, 1),
  id: clusters(3, 90, 2, 1).features,
  near: [clusters(4, 60, 0.6, 1).features, clusters(5, 60, 0.9, 1).features],
  far: [clusters(6, 60, 0, 0.5).features],
  weightDecay: 0.01,
};

/** Synthetic images of which every label is wrong by one class. */
const mislabelled: WhatIfInput = {
  ...input,
  synthetic: { ...input.synthetic, labels: input.synthetic.labels.map((label) => (label + 1) % CLASSES) },
};

describe("what if", () => {
  test("every head meets the stopping rule, one point per α in the order asked for", async () => {
    const points = await whatIf(input, [0, 0.5, 1, 0.5], { name: "ebo" });
    expect(points.map((point) => point.alpha)).toEqual([0, 0.5, 1, 0.5]);
    expect(points.every((point) => point.converged)).toBe(true);
    expect(points[1]).toEqual(points[3]);
    for (const { near, far } of points) {
      expect(near).toBeGreaterThan(0.7);
      expect(far).toBeGreaterThan(near as number);
    }
  });

  test("the same call gives the same numbers", async () => {
    const once = await whatIf(input, [0, 0.3, 1], { name: "msp" });
    expect(await whatIf(input, [0, 0.3, 1], { name: "msp" })).toEqual(once);
  });

  test("the minimum does not depend on where the path started", async () => {
    const [direct] = await whatIf(input, [0.4], { name: "mls" });
    const path = await whatIf(input, [1, 0.8, 0.6, 0.4], { name: "mls" });
    expect(path[3]?.near).toBeCloseTo(direct?.near as number, 3);
    expect(path[3]?.far).toBeCloseTo(direct?.far as number, 3);
  });

  test("at α = 1 the synthetic images count nothing, at α = 0 the real ones", async () => {
    const [realOnly, syntheticOnly] = await whatIf(input, [1, 0], { name: "msp" });
    expect((await whatIf(mislabelled, [1], { name: "msp" }))[0]).toEqual(realOnly);
    const otherReal = { ...input, real: clusters(9, 50, 0.1, 3) };
    expect((await whatIf(otherReal, [0], { name: "msp" }))[0]?.near).toBeCloseTo(syntheticOnly?.near as number, 3);
  });

  test("α weighs the two means: a second copy of the real set moves nothing, wrong labels do", async () => {
    const [alone, ...mixed] = await whatIf({ ...input, synthetic: real }, [1, 0.7, 0.2], { name: "ebo" });
    for (const point of mixed) expect(point.near).toBeCloseTo(alone?.near as number, 3);
    const [wrong] = await whatIf(mislabelled, [0.2], { name: "ebo" });
    expect(Math.abs((wrong?.near as number) - (alone?.near as number))).toBeGreaterThan(0.01);
  });

  test("near is the unweighted mean over its sets; a group without sets has none", async () => {
    const [both] = await whatIf(input, [0.5], { name: "ebo" });
    const each = await Promise.all(
      input.near.map(async (set) => (await whatIf({ ...input, near: [set], far: [] }, [0.5], { name: "ebo" }))[0]),
    );
    expect(both?.near).toBeCloseTo(((each[0]?.near as number) + (each[1]?.near as number)) / 2, 12);
    expect(each[0]?.far).toBeNull();
  });

  test("KNN cannot move, and what is fitted on images is not refitted; both say so", async () => {
    await expect(whatIf(input, [0.5], { name: "knn" })).rejects.toThrow(UndefinedScore);
    await expect(whatIf(input, [0.5], { name: "knn" })).rejects.toThrow("KNN reads only the features");
    await expect(whatIf(input, [0.5], { name: "vim" })).rejects.toThrow("fitted or passed again");
  });

  test("α outside 0 … 1 is refused", async () =>
    expect(whatIf(input, [1.2], { name: "msp" })).rejects.toThrow("not at 1.2"));
});

describe("record of the guesses", () => {
  test("by hand: two of three signs, RMSE √((.01² + .03² + .04²)/3)", () => {
    const guessed = new Map([
      ["a", 0.02],
      ["b", 0.01],
      ["c", -0.05],
      ["not run", 0.3],
    ]);
    const trained = new Map([
      ["a", 0.01],
      ["b", -0.02],
      ["c", -0.01],
      ["not guessed", 0.1],
    ]);
    const record = whatIfRecord(guessed, trained);
    expect(record?.n).toBe(3);
    expect(record?.signAgreement).toBeCloseTo(2 / 3, 12);
    expect(record?.rmse).toBeCloseTo(Math.sqrt((0.01 ** 2 + 0.03 ** 2 + 0.04 ** 2) / 3), 12);
  });

  test("nothing in common: no record", () => expect(whatIfRecord(new Map([["a", 1]]), new Map())).toBeNull());
});
