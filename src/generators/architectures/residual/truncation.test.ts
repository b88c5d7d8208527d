import { describe, expect, it } from "vitest";
import { Stream } from "../../../random/stream.ts";
import { goldenJson, goldensThere } from "../testing/node/goldenFiles.ts";
import { truncated } from "./truncation.ts";

const draw = new Stream(5, "truncation");
const normals = Float32Array.from({ length: 20_000 }, () => draw.normal());

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe("normals truncated to a bound", () => {
  it.each([0.3, 0.7, 2])("±%f: the distribution of drawing again until inside", (bound) => {
    const made = truncated(normals, bound);
    const again = normals.filter((z) => Math.abs(z) <= bound);
    expect(made.every((z) => Math.abs(z) <= bound)).toBe(true);
    const sorted = (values: Float32Array) => Float32Array.from(values).sort();
    const [a, b] = [sorted(made), sorted(again)];
    for (const quantile of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const at = (values: Float32Array) => values[Math.floor(quantile * values.length)] as number;
      expect(Math.abs(at(a) - at(b))).toBeLessThan(0.03 * bound);
    }
  });

  it("keeps order, sign and 0, and changes nothing where the bound cuts nothing off", () => {
    const made = truncated(Float32Array.of(-3, -1, 0, 1, 3), 1);
    expect([...made].sort((x, y) => x - y)).toEqual([...made]);
    expect(made[2]).toBe(0);
    expect(made[0]).toBe(-(made[4] as number));
    const moved = truncated(normals, 12).map((z, i) => Math.abs(z - (normals[i] as number)));
    expect(moved.reduce((most, value) => Math.max(most, value), 0)).toBeLessThan(1e-5);
  });

  it("refuses a bound that nothing fits in", () => {
    expect(() => truncated(normals, 0)).toThrow(RangeError);
    expect(() => truncated(normals, Number.NaN)).toThrow("NaN");
  });

  it.skipIf(!goldensThere)("has the golden deviation at 0.7", () => {
    const manifest = goldenJson<{ truncnorm_0p7_std: number }>("studiogan/biggan/manifest.json");
    expect(deviation(truncated(normals, 0.7))).toBeCloseTo(manifest.truncnorm_0p7_std, 2);
  });
});
