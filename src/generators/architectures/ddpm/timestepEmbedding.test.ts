import { describe, expect, it } from "vitest";
import { excess } from "../testing/goldenCase.ts";
import { goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { timestepEmbedding } from "./timestepEmbedding.ts";

describe("embeddings of timesteps", () => {
  it("holds sines, then cosines, of frequencies from 1 to 1/10000", () => {
    const [row] = [timestepEmbedding([3], 6)];
    const expected = [3, 3 / 100, 3 / 10000];
    expected.forEach((angle, j) => {
      expect(row[j]).toBeCloseTo(Math.sin(angle), 14);
      expect(row[3 + j]).toBeCloseTo(Math.cos(angle), 14);
    });
  });

  it("knows the forms of other implementations", () => {
    const angle = (j: number): number => 5 * 10000 ** (-j / 3);
    const cosineFirst = timestepEmbedding([5], 6, { order: "halves-cosine-first", shift: 0 });
    const pairs = timestepEmbedding([5], 6, { order: "pairs", shift: 0 });
    for (let j = 0; j < 3; j++) {
      expect(cosineFirst[j]).toBeCloseTo(Math.cos(angle(j)), 13);
      expect(cosineFirst[3 + j]).toBeCloseTo(Math.sin(angle(j)), 13);
      expect(pairs[2 * j]).toBeCloseTo(Math.sin(angle(j)), 13);
      expect(pairs[2 * j + 1]).toBeCloseTo(Math.cos(angle(j)), 13);
    }
  });

  it.skipIf(!goldensThere)("equals the float64 reference", () => {
    const golden = goldenTensors("ddpm/full_cifar10/io.safetensors").raw("timestep_embedding_f64") as Float64Array;
    expect(excess(timestepEmbedding([0, 1, 100, 500, 999], 128), golden, 1e-12)).toBeLessThanOrEqual(0);
  });
});
