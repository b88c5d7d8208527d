import { describe, expect, test } from "vitest";
import type { Group, Role, SetInfo } from "../../data/benchmark.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import { auroc } from "../../metrics/oodMetrics.ts";
import { Stream } from "../../random/stream.ts";
import type { Activations } from "../detector.ts";
import { react } from "../detectors/react.ts";
import { type ActivationSet, inMemory } from "../evaluation/activationSet.ts";
import { type Evaluation, fitInput } from "../evaluation/evaluate.ts";
import { detectorByName } from "../registry.ts";
import { candidatesOf, searchParams } from "./search.ts";

const DIM = 6;
const CLASSES = 3;
const stream = new Stream(3, "test-search");
const head = {
  weight: Float32Array.from({ length: CLASSES * DIM }, () => stream.normal()),
  bias: Float32Array.from({ length: CLASSES }, () => stream.normal()),
};

/** Features of a ReLU around a centre, and the head's logits. */
async function made(count: number, centre: number): Promise<Activations> {
  const features = Float32Array.from({ length: count * DIM }, () => Math.max(0.01, centre + stream.normal()));
  const logits = await plainKernels.headLogits(features, DIM, head, Number.POSITIVE_INFINITY);
  return { count, features, logits, labels: new Int32Array(count) };
}

const info = (name: string, group: Group, role: Role, count: number, drawnLike?: string): SetInfo => ({
  name,
  title: name,
  group,
  role,
  count,
  note: "",
  ...(drawnLike === undefined ? {} : { drawnLike }),
});

const infos = [
  info("train", "id", "train", 150),
  info("id_val", "id", "val", 60),
  info("id_test", "id", "test", 10),
  info("near_val", "near", "val", 50, "near_test"),
  info("far_val", "far", "val", 40),
  info("near_test", "near", "test", 10),
];

/** A set that nobody may look at. */
const forbidden: ActivationSet = {
  count: 10,
  labels: new Int32Array(10),
  get logits(): Float32Array {
    throw new Error("A test set was looked at.");
  },
  readFeatures: () => Promise.reject(new Error("A test set was looked at.")),
};

async function evaluationOf(sets: Record<string, Activations>): Promise<Evaluation> {
  const held = Object.entries(sets).map(([name, activations]) => [name, inMemory(activations)] as const);
  return {
    featureDim: DIM,
    classes: CLASSES,
    head,
    sets: new Map([...held, ["id_test", forbidden], ["near_test", forbidden]]),
    perturbed: new Map(),
  };
}

const scoring = (kernels: DenseKernels = plainKernels) => ({ preset: "v1.5", kernels, normalisation: null }) as const;

const usual = await evaluationOf({
  train: await made(150, 1),
  id_val: await made(60, 1),
  near_val: await made(50, 0.6),
  far_val: await made(40, 0),
});

/** One logit per image beside two of 0, so that every temperature orders the images by it. */
function byLogit(levels: readonly number[]): Activations {
  const logits = Float32Array.from(levels.flatMap((level) => [level, 0, 0]));
  const count = levels.length;
  return { count, features: new Float32Array(count * DIM), logits, labels: new Int32Array(count) };
}

describe("candidates", () => {
  test("every combination, the first parameter fastest", () => {
    expect(candidatesOf({ grid: { T: [1, 10], eps: [0.1, 0.2] } })).toEqual([
      { T: 1, eps: 0.1 },
      { T: 10, eps: 0.1 },
      { T: 1, eps: 0.2 },
      { T: 10, eps: 0.2 },
    ]);
    expect(candidatesOf(detectorByName("odin")).slice(0, 5)).toEqual([
      { T: 1, eps: 0.0014 },
      { T: 10, eps: 0.0014 },
      { T: 100, eps: 0.0014 },
      { T: 1000, eps: 0.0014 },
      { T: 1, eps: 0.0028 },
    ]);
  });

  test("without a grid there is one: the preset's values", async () => {
    expect(candidatesOf({ grid: {} })).toEqual([{}]);
    const { candidates, best } = await searchParams(usual, infos, "dice", scoring());
    expect(candidates.map(({ params }) => params)).toEqual([{ p: 90 }]);
    expect(best).toBe(0);
  });

  test("parameters outside the grid stay the preset's", async () => {
    const { candidates } = await searchParams(usual, infos, "odin", scoring());
    expect(candidates.map(({ params }) => params.sigma)).toEqual(Array(8).fill("dataset"));
  });
});

describe("the search", () => {
  test("scores each candidate as refitted by hand, the mean over the OOD-val sets", async () => {
    const { candidates, best } = await searchParams(usual, infos, "react", scoring());
    const input = await fitInput(usual, infos, react);
    const whole = async (name: string): Promise<Activations> => {
      const set = usual.sets.get(name) as ActivationSet;
      return { ...set, features: await set.readFeatures(0, set.count) };
    };
    const aurocs: number[] = [];
    for (const percentile of [85, 90, 95, 99]) {
      const { score } = await react.fit(input, { percentile }, plainKernels);
      const [id, near, far] = [
        await score(await whole("id_val")),
        await score(await whole("near_val")),
        await score(await whole("far_val")),
      ];
      aurocs.push(((auroc(id, near) ?? 0) + (auroc(id, far) ?? 0)) / 2);
    }
    expect(candidates.map((candidate) => candidate.params)).toEqual(
      [85, 90, 95, 99].map((percentile) => ({ percentile })),
    );
    candidates.forEach((candidate, k) => {
      expect(candidate.auroc).toBeCloseTo(aurocs[k] as number, 12);
    });
    // Otherwise the fit of one could have stood in for all.
    expect(new Set(aurocs).size).toBeGreaterThan(1);
    expect(best).toBe(aurocs.indexOf(Math.max(...aurocs)));
  });

  test("fits anew for every candidate", async () => {
    const thresholds: number[] = [];
    const watched: DenseKernels = {
      ...plainKernels,
      headLogits: (features, dim, own, ceiling) => {
        thresholds.push(ceiling);
        return plainKernels.headLogits(features, dim, own, ceiling);
      },
    };
    await searchParams(usual, infos, "react", scoring(watched));
    expect(new Set(thresholds).size).toBe(4);
    expect(thresholds).toEqual([...thresholds].sort((a, b) => a - b));
  });

  test("of equal maxima the first wins, a later larger one beats it", async () => {
    const perfect = await evaluationOf({
      id_val: byLogit([9, 8, 7]),
      near_val: byLogit([1, 2]),
      far_val: byLogit([0]),
    });
    const tied = await searchParams(perfect, infos, "ebo", scoring());
    expect(tied.candidates.map((candidate) => candidate.auroc)).toEqual([1, 1, 1, 1]);
    expect(tied.best).toBe(0);
    // At T = 1 the energy is about the largest logit, at large T the mean decides: here it favours the ID images.
    const flat = (logits: number[]): Activations => ({ ...byLogit([0]), logits: Float32Array.from(logits) });
    const later = await evaluationOf({ id_val: flat([5, 5, 5]), near_val: flat([8, 0, 0]), far_val: flat([8, 0, 0]) });
    const found = await searchParams(later, infos, "ebo", scoring());
    expect(found.candidates.map((candidate) => candidate.auroc)).toEqual([0, 1, 1, 1]);
    expect(found.best).toBe(1);
  });

  test("candidates without a value say why and cannot win", async () => {
    const { candidates, best } = await searchParams(usual, infos, "knn", scoring());
    expect(candidates.map(({ undefinedBecause }) => undefinedBecause)).toEqual([
      null,
      null,
      ...[200, 500, 1000].map((K) => `undefined, because K = ${K} exceeds the 150 train images of the bank`),
    ]);
    expect(candidates.slice(2).map((candidate) => candidate.auroc)).toEqual([null, null, null]);
    expect(best).toBeLessThan(2);
    const none = await searchParams(usual, infos, "vim", scoring());
    expect(none.candidates.map(({ undefinedBecause }) => undefinedBecause)).toEqual([
      expect.stringContaining("undefined, because D = 256 ≥ d = 6"),
      expect.stringContaining("undefined, because D = 1000 ≥ d = 6"),
    ]);
    expect(none.best).toBeNull();
  });

  test("names the validation sets, and those that look like a test set", async () => {
    const found = await searchParams(usual, infos, "mls", scoring());
    expect(found.valSets).toEqual(["near_val", "far_val"]);
    expect(found.sharedDistributions).toEqual(["near_val → near_test"]);
  });

  test("without OOD-val sets no candidate has a value", async () => {
    const { candidates, best } = await searchParams(usual, infos.slice(0, 3), "react", scoring());
    expect(candidates.map((candidate) => candidate.auroc)).toEqual([null, null, null, null]);
    expect(best).toBeNull();
  });

  test("an unknown detector is refused", async () =>
    expect(searchParams(usual, infos, "energy", scoring())).rejects.toThrow('no detector "energy"'));
});
