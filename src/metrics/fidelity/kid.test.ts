import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { type GoldenTensors, readGolden } from "../node/golden.ts";
import { featureSet } from "./features.ts";
import { kernelDistance, kidSubsets } from "./kid.ts";
import { goldenFeatures } from "./testing/goldenFeatures.ts";

const folder = new URL("../../../../shared/golden/generators/fid/kid/", import.meta.url);
const manifest = new URL("manifest.json", folder);

interface GoldenKid {
  name: string;
  dim: number;
  key_real: string;
  n_real: number;
  key_fake: string;
  n_fake: number;
  subset_size: number;
  num_subsets: number;
  indices: [fake: string, real: string];
  kid_float64: number;
}

describe.skipIf(!existsSync(manifest))("golden KID", () => {
  const present = existsSync(manifest);
  const pairs = present ? (JSON.parse(readFileSync(manifest, "utf8")) as { pairs: GoldenKid[] }).pairs : [];
  const io: GoldenTensors = present ? readGolden(new URL("io.safetensors", folder)) : new Map();

  it.each(pairs)("$name", async (pair) => {
    const { dim } = pair;
    const [fakeIndices, realIndices] = pair.indices.map((name) => Array.from(io.get(name)?.data ?? [], Number));
    const part = (indices: number[] | undefined, k: number) =>
      (indices ?? []).slice(k * pair.subset_size, (k + 1) * pair.subset_size);
    const subsets = Array.from({ length: pair.num_subsets }, (_, k) => ({
      fake: part(fakeIndices, k),
      real: part(realIndices, k),
    }));
    expect(subsets.at(-1)?.real).toHaveLength(pair.subset_size);
    const real = goldenFeatures(pair.key_real, pair.n_real, dim);
    const fake = goldenFeatures(pair.key_fake, pair.n_fake, dim);
    const wide = await kernelDistance(featureSet(real, dim), featureSet(fake, dim), subsets, plainKernels);
    expect(Math.abs(wide.kid / pair.kid_float64 - 1)).toBeLessThan(1e-9);
    const [narrowReal, narrowFake] = [Float32Array.from(real), Float32Array.from(fake)];
    const narrow = await kernelDistance(
      featureSet(narrowReal, dim),
      featureSet(narrowFake, dim),
      subsets,
      plainKernels,
    );
    expect(Math.abs(narrow.kid / pair.kid_float64 - 1)).toBeLessThan(1e-6);
  });
});

describe("KID", () => {
  const two = featureSet(Float64Array.of(1, 3), 1);
  const whole = [{ fake: [0, 1], real: [0, 1] }];

  it("is the unbiased MMD² by hand", async () => {
    const fake = featureSet(Float64Array.of(0, 2), 1);
    // k(1, 3) = 64; k(0, 2) = 1; across: k(1,0) = 1, k(1,2) = 27, k(3,0) = 1, k(3,2) = 343.
    const { kid, std } = await kernelDistance(two, fake, whole, plainKernels);
    expect(kid).toBeCloseTo(64 + 1 - 2 * ((1 + 27 + 1 + 343) / 4), 12);
    expect(std).toBe(0);
  });

  it("is about 0 for two samples of one distribution, and symmetric", async () => {
    const sample = (seed: number, shift: number) => {
      const stream = new Stream(seed, "features");
      return featureSet(
        Float32Array.from({ length: 300 * 8 }, () => stream.normal() + shift),
        8,
      );
    };
    const subsets = kidSubsets(300, 300, 10, 100, 0);
    const same = await kernelDistance(sample(1, 0), sample(2, 0), subsets, plainKernels);
    const apart = await kernelDistance(sample(1, 0), sample(2, 0.5), subsets, plainKernels);
    expect(Math.abs(same.kid)).toBeLessThan(0.1);
    expect(apart.kid).toBeGreaterThan(5 * Math.abs(same.kid));
    expect(apart.std).toBeGreaterThan(0);
    const mirrored = subsets.map(({ fake, real }) => ({ fake: real, real: fake }));
    expect((await kernelDistance(sample(2, 0.5), sample(1, 0), mirrored, plainKernels)).kid).toBeCloseTo(apart.kid, 5);
  });

  it("draws subsets by the seed, without repeats, other ones for either side", () => {
    const [first] = kidSubsets(50, 40, 3, 20, 7);
    expect(new Set(Array.from(first?.fake ?? [])).size).toBe(20);
    expect(Math.max(...Array.from(first?.fake ?? []))).toBeLessThan(40);
    expect(kidSubsets(50, 40, 3, 20, 7)).toEqual(kidSubsets(50, 40, 3, 20, 7));
    expect(kidSubsets(50, 40, 3, 20, 8)).not.toEqual(kidSubsets(50, 40, 3, 20, 7));
    expect(() => kidSubsets(50, 10, 3, 20, 7)).toThrow("20 cannot be drawn from 50 real and 10");
  });
});
