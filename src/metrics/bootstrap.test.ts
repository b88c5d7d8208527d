import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Stream } from "../random/stream.ts";
import { type Arm, type BootstrapDesign, HierarchicalBootstrap, percentileInterval } from "./bootstrap.ts";
import { auroc } from "./oodMetrics.ts";
import { rankScores } from "./weightedAuroc.ts";

interface SeedScores {
  readonly id: readonly number[];
  readonly ood: readonly (readonly number[])[];
}

const armOf = (seeds: readonly SeedScores[]): Arm =>
  seeds.map(({ id, ood }) =>
    rankScores(
      Float64Array.from(id),
      ood.map((set) => Float64Array.from(set)),
    ),
  );

/** What one resample is, written out: the same stream read in the same order, images copied, AUROC by its definition. */
function bruteForce(arms: readonly (readonly SeedScores[])[], { groups, images, seed }: BootstrapDesign, b: number) {
  const stream = new Stream(seed, "bootstrap", b);
  const pick = (n: number) => Array.from({ length: n }, () => stream.int(n));
  const [first] = arms;
  if (first === undefined) throw new Error("no arm");
  const imagesOf = (at: number) => ({
    id: pick(first[at]?.id.length ?? 0),
    ood: (first[at]?.ood ?? []).map((set) => pick(set.length)),
  });
  const seeds = pick(first.length).sort((x, y) => x - y);
  const shared = images === "shared" ? imagesOf(0) : null;
  const drawn = seeds.map((at) => ({ at, picked: shared ?? imagesOf(at) }));
  return arms.map((arm) =>
    groups.map((group) => {
      const values = drawn.flatMap(({ at, picked }) =>
        group.map((set) => {
          const scores = arm[at] as SeedScores;
          const copy = (from: readonly number[], of: readonly number[]) => Float64Array.from(of, (i) => from[i] ?? 0);
          return auroc(copy(scores.id, picked.id), copy(scores.ood[set] ?? [], picked.ood[set] ?? []));
        }),
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

const scores = (n: number) => fc.array(fc.integer({ min: 0, max: 6 }), { minLength: n, maxLength: n });
const seedScores = fc.record({ id: scores(5), ood: fc.tuple(scores(4), scores(3), scores(6)) });
const arms = fc
  .integer({ min: 1, max: 4 })
  .chain((n) => fc.array(fc.array(seedScores, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 2 }));

describe("one resample", () => {
  test.each(["shared", "own"] as const)("is its brute-force form, images %s", (images) =>
    fc.assert(
      fc.property(arms, fc.nat({ max: 1000 }), fc.nat({ max: 9 }), (raw, seed, b) => {
        const design = { arms: raw.map(armOf), groups: [[0], [1, 2]], images, seed };
        const ours = new HierarchicalBootstrap(design).resample(b);
        bruteForce(raw, design, b).forEach((means, arm) => {
          means.forEach((mean, group) => {
            expect(ours[arm]?.[group]).toBeCloseTo(mean, 12);
          });
        });
      }),
    ),
  );
  test("depends on seed and number alone; another number is another draw", () => {
    const arm = armOf([normalSeed(new Stream(1, "test"), 40, 1), normalSeed(new Stream(2, "test"), 40, 1)]);
    const design = { arms: [arm], groups: [[0]], images: "shared" as const, seed: 7 };
    const once = new HierarchicalBootstrap(design);
    const again = new HierarchicalBootstrap(design);
    expect(again.resample(5)).toEqual(once.resample(5));
    expect(once.resample(6)).not.toEqual(once.resample(5));
    expect(new HierarchicalBootstrap({ ...design, seed: 8 }).resample(5)).not.toEqual(once.resample(5));
  });
  test("two equal arms never differ: their draws are the same", () => {
    const arm = armOf([normalSeed(new Stream(1, "test"), 30, 1), normalSeed(new Stream(2, "test"), 30, 1)]);
    for (const images of ["shared", "own"] as const) {
      const bootstrap = new HierarchicalBootstrap({ arms: [arm, arm], groups: [[0]], images, seed: 0 });
      for (let b = 0; b < 20; b++) {
        const [left, right] = bootstrap.resample(b);
        expect(left).toEqual(right);
      }
    }
  });
});

describe("estimate", () => {
  test("is the plain mean over seeds of the mean over a group's sets", () => {
    const seeds = [
      { id: [3, 4, 5], ood: [[1, 4], [5]] },
      { id: [1, 2, 9], ood: [[0, 0], [9]] },
    ];
    const bootstrap = new HierarchicalBootstrap({
      arms: [armOf(seeds)],
      groups: [[0], [0, 1]],
      images: "shared",
      seed: 0,
    });
    const [near, both] = bootstrap.estimate()[0] ?? [];
    // Set 0: seed 0 (3 + 1.5) / 6 = 0.75, seed 1 1; set 1: 0.5 / 3 each.
    expect(near).toBeCloseTo(0.875, 12);
    expect(both).toBeCloseTo((0.875 + 1 / 6) / 2, 12);
  });
});

describe("designs that do not fit are refused", () => {
  const seed = { id: [1, 2], ood: [[0, 1]] };
  const other = { id: [1, 2, 3], ood: [[0, 1]] };
  const design = { groups: [[0]], images: "shared" as const, seed: 0 };
  test.each([
    ["no arm", { ...design, arms: [] }],
    ["no seed", { ...design, arms: [[]] }],
    ["seeds that differ in number", { ...design, arms: [armOf([seed]), armOf([seed, seed])] }],
    ["images that differ between arms", { ...design, arms: [armOf([seed]), armOf([other])] }],
    ["images that differ between seeds", { ...design, arms: [armOf([seed, other])] }],
    ["an empty group", { ...design, groups: [[]], arms: [armOf([seed])] }],
    ["a set that is not there", { ...design, groups: [[1]], arms: [armOf([seed])] }],
  ])("%s", (_, wrong) => expect(() => new HierarchicalBootstrap(wrong)).toThrow(RangeError));
  test("seeds may have images of their own where each draws its own", () =>
    expect(
      new HierarchicalBootstrap({ ...design, images: "own", arms: [armOf([seed, other])] }).resample(0),
    ).toHaveLength(1));
});

/** ID N(shift, 1) against OOD N(0, 1), whose AUROC is Φ(shift / √2). */
function normalSeed(stream: Stream, n: number, shift: number): SeedScores {
  const sample = (mean: number) => Array.from({ length: n }, () => mean + stream.normal());
  return { id: sample(shift), ood: [sample(0)] };
}

function covered(design: Omit<BootstrapDesign, "seed" | "groups">, truth: number, seed: number, difference = false) {
  const bootstrap = new HierarchicalBootstrap({ ...design, groups: [[0]], seed });
  const values = Array.from({ length: 200 }, (_, b) => {
    const means = bootstrap.resample(b);
    return (means[0]?.[0] ?? 0) - (difference ? (means[1]?.[0] ?? 0) : 0);
  });
  const { low, high } = percentileInterval(values);
  return low <= truth && truth <= high;
}

// Fixed seeds: 200 repetitions of a 95 % interval have a standard error of 1.5 %.
describe("coverage of the 95 % interval over 200 repetitions", () => {
  const repetitions = Array.from({ length: 200 }, (_, i) => i);
  const share = (holds: (i: number) => boolean) => repetitions.filter(holds).length / repetitions.length;

  test("AUROC of one seed, N(1, 1) against N(0, 1), n = 200: Φ(1/√2) = 0.76025", () => {
    const coverage = share((i) => {
      const arm = armOf([normalSeed(new Stream(i, "coverage"), 200, 1)]);
      return covered({ arms: [arm], images: "shared" }, 0.7602499389065233, i);
    });
    expect(Math.abs(coverage - 0.95)).toBeLessThanOrEqual(0.04);
  });
  test("difference of two detectors on the same images, equal in truth: 0", () => {
    const coverage = share((i) => {
      const stream = new Stream(i, "paired coverage");
      const shared = normalSeed(stream, 200, 1);
      const noisy = (values: readonly number[]) => values.map((value) => value + 0.7 * stream.normal());
      const detector = () => armOf([{ id: noisy(shared.id), ood: shared.ood.map(noisy) }]);
      return covered({ arms: [detector(), detector()], images: "shared" }, 0, i, true);
    });
    expect(Math.abs(coverage - 0.95)).toBeLessThanOrEqual(0.04);
  });
  test("seeds that share their images: one draw of images for all covers, a draw per seed is too narrow", () => {
    const coverage = (images: "shared" | "own") =>
      share((i) => {
        const stream = new Stream(i, "crossed coverage");
        const shared = normalSeed(stream, 100, 1);
        // Four seeds that do not differ: all there is to know is in the images.
        const arm = armOf(Array.from({ length: 4 }, () => shared));
        return covered({ arms: [arm], images }, 0.7602499389065233, i);
      });
    expect(Math.abs(coverage("shared") - 0.95)).toBeLessThanOrEqual(0.04);
    expect(coverage("own")).toBeLessThan(0.8);
  });
});

describe("percentile interval", () => {
  test("0 … 1000: 25 and 975, in any order", () => {
    const { low, high } = percentileInterval(Array.from({ length: 1001 }, (_, i) => (i * 8) % 1001));
    expect(low).toBeCloseTo(25, 9);
    expect(high).toBeCloseTo(975, 9);
  });
  test("between two values it is linear", () => {
    const { low, high } = percentileInterval([0, 1], 0.5);
    expect(low).toBe(0.25);
    expect(high).toBe(0.75);
  });
  test("nothing has no interval", () => expect(() => percentileInterval([])).toThrow(RangeError));
});
