import { describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { extrapolatedFrechet } from "./extrapolated.ts";
import { type FeatureSet, featureSet } from "./features.ts";
import { frechetDistance } from "./frechet.ts";

function normals(seed: number, count: number, dim: number, shift: number): FeatureSet {
  const stream = new Stream(seed, "features");
  return featureSet(
    Float32Array.from({ length: count * dim }, () => stream.normal() + shift),
    dim,
  );
}

describe("Fréchet distance extrapolated to N = ∞", () => {
  it("comes closer to the truth than the distance of the images at hand", async () => {
    // |shift|² · dim = 0.09 · 16; covariances are equal.
    const truth = 1.44;
    const [real, fake] = [normals(1, 400, 16, 0), normals(2, 400, 16, 0.3)];
    const whole = await frechetDistance(real, fake, plainKernels);
    const line = await extrapolatedFrechet(real, fake, whole, 0, plainKernels);
    expect(line?.points.map(({ n }) => n)).toEqual([400, 200, 240, 280, 320, 360]);
    expect(whole - truth).toBeGreaterThan(0.1);
    expect(Math.abs((line?.value ?? Number.NaN) - truth)).toBeLessThan(0.5 * (whole - truth));
  });

  it("is not made up where there are fewer images than features", async () => {
    const [real, fake] = [normals(1, 30, 40, 0), normals(2, 30, 40, 0)];
    expect(await extrapolatedFrechet(real, fake, 1, 0, plainKernels)).toBeNull();
  });
});
