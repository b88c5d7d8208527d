import { describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { type FeatureSet, featureSet } from "./features.ts";
import { type MeasureOptions, measure, usualOptions } from "./measures.ts";

function normals(seed: number, count: number, dim: number, shift = 0): FeatureSet {
  const stream = new Stream(seed, "features");
  return featureSet(
    Float32Array.from({ length: count * dim }, () => stream.normal() + shift),
    dim,
  );
}

const options = (n: number): MeasureOptions => ({ name: "Fréchet distance", ...usualOptions(n, 0), kidSubsets: 5 });

describe("measures of two sets of features", () => {
  it("put samples of one distribution at the floor, and others above it", async () => {
    const real = normals(1, 400, 6);
    const same = await measure(real, normals(2, 200, 6), options(200), plainKernels);
    const apart = await measure(real, normals(3, 200, 6, 0.7), options(200), plainKernels);
    expect(same.floorN).toBe(200);
    expect(same.floor).toBe(apart.floor);
    expect(same.frechet).toBeLessThan(2.5 * (same.floor ?? 0));
    expect(apart.frechet).toBeGreaterThan(10 * (apart.floor ?? 0));
    expect(Math.abs(same.frechetInfinity ?? 9)).toBeLessThan(same.frechet);
    expect(apart.kid).toBeGreaterThan(same.kid);
    expect(apart.coverage).toBeLessThan(same.coverage);
    expect(same.notes).toEqual([expect.stringContaining("only 200 images")]);
  });

  it("say where the floor is of fewer images, and where nothing is extrapolated", async () => {
    const { floorN, frechetInfinity, notes } = await measure(
      normals(1, 30, 40),
      normals(2, 30, 40),
      options(30),
      plainKernels,
    );
    expect([floorN, frechetInfinity]).toEqual([15, null]);
    expect(notes.join(" ")).toContain("Not extrapolated");
    expect(notes.join(" ")).toContain("two halves of 15");
  });

  it("are the same again, and take other real images for another seed", async () => {
    const [real, fake] = [normals(1, 100, 4), normals(2, 50, 4)];
    const first = await measure(real, fake, options(50), plainKernels);
    expect(await measure(real, fake, options(50), plainKernels)).toEqual(first);
    const other = await measure(real, fake, { ...options(50), seed: 1 }, plainKernels);
    expect(other.frechet).not.toBe(first.frechet);
  });

  it("refuse fewer real than synthetic images", async () => {
    await expect(measure(normals(1, 20, 4), normals(2, 21, 4), options(21), plainKernels)).rejects.toThrow(
      "20 real and 21 synthetic",
    );
  });
});
