import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { type FeatureSet, featureSet, noPause } from "./features.ts";
import { frechetDistance, frechetOfMoments } from "./frechet.ts";
import { momentsOf } from "./moments.ts";
import { goldenFeatures } from "./testing/goldenFeatures.ts";

const golden = new URL("../../../../shared/golden/generators/fid/frechet/manifest.json", import.meta.url);

interface GoldenPair {
  name: string;
  dim: number;
  key_a: string;
  n_a: number;
  key_b: string;
  n_b: number;
  frechet_exact: number;
  trace_a?: number;
  rank_deficient: boolean;
}

interface GoldenMoments {
  name: string;
  mu1: number[];
  sigma1: number[][];
  mu2: number[];
  sigma2: number[][];
  exact: number;
}

function normals(seed: number, count: number, dim: number, shift = 0): FeatureSet {
  const stream = new Stream(seed, "features");
  return featureSet(
    Float64Array.from({ length: count * dim }, () => stream.normal() + shift),
    dim,
  );
}

const distance = (a: FeatureSet, b: FeatureSet) => frechetDistance(a, b, plainKernels);

describe.skipIf(!existsSync(golden))("golden Fréchet distances", () => {
  const { pairs, given_moments } = existsSync(golden)
    ? (JSON.parse(readFileSync(golden, "utf8")) as { pairs: GoldenPair[]; given_moments: GoldenMoments[] })
    : { pairs: [], given_moments: [] };
  // Those of 2,048 features take seconds of float64 loops: docs/fidelity.md has their numbers.
  const small = pairs.filter(({ dim, rank_deficient }) => dim < 2048 || rank_deficient);

  it.each(small)("$name", async ({ name, dim, key_a, n_a, key_b, n_b, frechet_exact, trace_a, rank_deficient }) => {
    const a = featureSet(goldenFeatures(key_a, n_a, dim), dim);
    const b = featureSet(goldenFeatures(key_b, n_b, dim), dim);
    const { covariance } = await momentsOf(a, plainKernels, noPause);
    let trace = 0;
    for (let k = 0; k < dim; k++) trace += covariance[k * dim + k] as number;
    if (trace_a !== undefined) expect(Math.abs(trace / trace_a - 1)).toBeLessThan(1e-12);
    const deficient = rank_deficient || name.includes("rankdef");
    const tolerance = deficient ? 1e-4 + 1e-7 * frechet_exact : 1e-9 * (1 + frechet_exact);
    expect(Math.abs((await distance(a, b)) - frechet_exact)).toBeLessThan(tolerance);
  });

  it.each(given_moments)("moments: $name", async ({ mu1, sigma1, mu2, sigma2, exact }) => {
    const given = (mean: number[], rows: number[][]) => ({
      dim: mean.length,
      mean: Float64Array.from(mean),
      covariance: Float64Array.from(rows.flat()),
    });
    expect(await frechetOfMoments(given(mu1, sigma1), given(mu2, sigma2))).toBeCloseTo(exact, 9);
  });
});

describe("Fréchet distance", () => {
  it("is (μ₁ − μ₂)² + (σ₁ − σ₂)² in one dimension", async () => {
    const a = featureSet(Float64Array.of(0, 2, 4), 1);
    const b = featureSet(Float64Array.of(9, 10, 11), 1);
    expect(await distance(a, b)).toBeCloseTo((10 - 2) ** 2 + (2 - 1) ** 2, 12);
  });

  it.each([
    [40, 6],
    [6, 12],
  ])("of a set of %i × %i and itself is 0 within round-off", async (count, dim) => {
    const a = normals(3, count, dim);
    expect(Math.abs(await distance(a, a))).toBeLessThan(1e-6);
  });

  it("is symmetric, also where one side has fewer images than features", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 2, max: 24 }),
        async (seed, n, m) => {
          const [a, b] = [normals(seed, n, 8), normals(seed + 1, m, 8, 0.5)];
          expect(await distance(a, b)).toBeCloseTo(await distance(b, a), 5);
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it("does not change when both sets move, and grows by |v|² when one does", async () => {
    const [a, b] = [normals(5, 50, 7), normals(6, 30, 7, 1)];
    const moved = (set: FeatureSet, by: number) =>
      featureSet(
        Float64Array.from(set.rows, (x) => x + by),
        set.dim,
      );
    const before = await distance(a, b);
    expect(await distance(moved(a, 11), moved(b, 11))).toBeCloseTo(before, 8);
    expect(await distance(a, moved(a, 3))).toBeCloseTo(7 * 9, 6);
  });

  it("scales with the square of the features", async () => {
    const [a, b] = [normals(7, 50, 7), normals(8, 30, 7, 1)];
    const times = (set: FeatureSet, by: number) =>
      featureSet(
        Float64Array.from(set.rows, (x) => x * by),
        set.dim,
      );
    expect(await distance(times(a, 4), times(b, 4))).toBeCloseTo(16 * (await distance(a, b)), 8);
  });

  it("takes the same value from float32 rows as from float64 rows that hold them", async () => {
    const rows = Float32Array.from(normals(9, 60, 5).rows);
    const others = Float32Array.from(normals(10, 60, 5, 1).rows);
    const narrow = await distance(featureSet(rows, 5), featureSet(others, 5));
    const wide = await distance(featureSet(Float64Array.from(rows), 5), featureSet(Float64Array.from(others), 5));
    expect(narrow).toBeCloseTo(wide, 10);
  });

  it("refuses sets of different dimension, and features that are not finite", async () => {
    await expect(distance(normals(1, 9, 3), normals(1, 9, 4))).rejects.toThrow("Features of 3 and of 4");
    expect(() => featureSet(Float32Array.of(1, 2, Number.NaN, 4), 2)).toThrow("Feature 0 of image 1 is NaN");
    expect(() => featureSet(Float32Array.of(1, 2), 2)).toThrow("at least 2");
  });
});
