import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { type FeatureSet, featureSet, noPause } from "./features.ts";
import { neighbourhoods, squaredRadii } from "./neighbourhoods.ts";
import { goldenFeatures } from "./testing/goldenFeatures.ts";

const manifest = new URL("../../../../shared/golden/generators/fid/prdc/manifest.json", import.meta.url);

interface GoldenCounts {
  name: string;
  dim: number;
  n_real: number;
  n_fake: number;
  key_real: string;
  key_fake: string;
  nearest_k: number;
  construction: string;
  with_direct_distances: Record<"precision" | "recall" | "density" | "coverage", number>;
  real_radii_first4: number[];
  fake_radii_first4: number[];
}

/** The pair as its `construction` says in words. */
function constructed({
  name,
  dim,
  n_real,
  n_fake,
  key_real,
  key_fake,
  construction,
}: GoldenCounts): [FeatureSet, FeatureSet] {
  const real = goldenFeatures(key_real, n_real, dim);
  const fake = goldenFeatures(key_fake, n_fake, dim);
  if (name === "d8_same") fake.set(real);
  else if (name === "d8_far") fake.set(fake.map((value) => value + 100));
  else if (name === "d4_duplicates") {
    fake.set(real.subarray(0, 20 * dim));
    for (let i = 20; i < 24; i++) real.copyWithin(i * dim, 0, dim);
  } else {
    const near = Number(/for i < (\d+)/.exec(construction)?.[1]);
    for (let k = 0; k < near * dim; k++) fake[k] = (real[k] as number) + 0.15 * (fake[k] as number);
  }
  return [featureSet(real, dim), featureSet(fake, dim)];
}

const pairs = existsSync(manifest)
  ? (JSON.parse(readFileSync(manifest, "utf8")) as { pairs: GoldenCounts[] }).pairs
  : [];

describe.skipIf(pairs.length === 0)("golden precision, recall, density, coverage", () => {
  it.each(pairs)("$name", async (pair) => {
    const [real, fake] = constructed(pair);
    const { nearest_k: k, with_direct_distances: wanted, real_radii_first4, fake_radii_first4 } = pair;
    const found = await neighbourhoods(real, fake, k, plainKernels);
    for (const name of ["precision", "recall", "density", "coverage"] as const) {
      expect(found[name], name).toBeCloseTo(wanted[name], 13);
    }
    for (const [set, radii] of [
      [real, real_radii_first4],
      [fake, fake_radii_first4],
    ] as const) {
      const squared = await squaredRadii(set, k, plainKernels, noPause);
      radii.forEach((radius, i) => {
        expect(Math.sqrt(squared[i] as number)).toBeCloseTo(radius, 6);
      });
    }
  });
});

/** Counts by every distance in float64, as the definitions have them. */
function counted(real: FeatureSet, fake: FeatureSet, k: number) {
  const distance = (a: FeatureSet, i: number, b: FeatureSet, j: number): number => {
    let sum = 0;
    for (let d = 0; d < a.dim; d++) sum += ((a.rows[i * a.dim + d] as number) - (b.rows[j * b.dim + d] as number)) ** 2;
    return sum;
  };
  const all = (n: number) => Array.from({ length: n }, (_, i) => i);
  const radius = (set: FeatureSet, i: number): number =>
    all(set.count)
      .map((j) => distance(set, i, set, j))
      .sort((a, b) => a - b)[k] as number;
  const inReal = (i: number, j: number): boolean => distance(real, i, fake, j) < radius(real, i);
  const inFake = (i: number, j: number): boolean => distance(real, i, fake, j) < radius(fake, j);
  const [is, js] = [all(real.count), all(fake.count)];
  return {
    precision: js.filter((j) => is.some((i) => inReal(i, j))).length / fake.count,
    recall: is.filter((i) => js.some((j) => inFake(i, j))).length / real.count,
    density: js.reduce((sum, j) => sum + is.filter((i) => inReal(i, j)).length, 0) / k / fake.count,
    coverage: is.filter((i) => js.some((j) => inReal(i, j))).length / real.count,
  };
}

describe("precision, recall, density, coverage", () => {
  it("equal the definitions, ties included: whole numbers have many", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.constantFrom(1, 2, 3), async (seed, k) => {
        const stream = new Stream(seed, "grid");
        const grid = (count: number) =>
          featureSet(
            Float32Array.from({ length: count * 2 }, () => stream.int(4)),
            2,
          );
        const [real, fake] = [grid(12), grid(9)];
        expect(await neighbourhoods(real, fake, k, plainKernels)).toEqual(counted(real, fake, k));
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it("stay the same far from the origin, where float32 products would decide nothing", async () => {
    const stream = new Stream(4, "far");
    const rows = Float32Array.from({ length: 80 * 3 }, () => 1000 + stream.int(64) / 64);
    const [real, fake] = [featureSet(rows.slice(0, 120), 3), featureSet(rows.slice(120), 3)];
    expect(await neighbourhoods(real, fake, 3, plainKernels)).toEqual(counted(real, fake, 3));
  });

  it("are 1 for a set and itself without coincidences, 0 for sets far apart", async () => {
    const stream = new Stream(5, "self");
    const rows = Float32Array.from({ length: 60 }, () => stream.normal());
    const set = featureSet(rows, 3);
    expect(await neighbourhoods(set, set, 4, plainKernels)).toEqual({
      precision: 1,
      recall: 1,
      density: 1,
      coverage: 1,
    });
    const away = featureSet(
      rows.map((x) => x + 100),
      3,
    );
    expect(await neighbourhoods(set, away, 4, plainKernels)).toEqual({
      precision: 0,
      recall: 0,
      density: 0,
      coverage: 0,
    });
  });

  it("need more images than neighbours", async () => {
    const set = featureSet(Float32Array.of(0, 1, 2), 1);
    await expect(neighbourhoods(set, set, 3, plainKernels)).rejects.toThrow("more than 3 images; there are 3");
  });
});
