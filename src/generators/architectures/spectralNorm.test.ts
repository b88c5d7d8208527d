import { describe, expect, it } from "vitest";
import { Stream } from "../../random/stream.ts";
import { spectralNorm, storedNormError } from "./spectralNorm.ts";
import { largestSingularValue } from "./spectralNormLargest.ts";

/** W = Σ σ_k a_k b_kᵀ over orthonormal a and b, as [rows, columns]. */
function withSingularValues(rows: number, columns: number, sigmas: readonly number[]) {
  const draw = new Stream(3, "singular-vectors");
  const basis = (size: number) => {
    const vectors: number[][] = [];
    while (vectors.length < sigmas.length) {
      let vector = Array.from({ length: size }, () => draw.normal());
      for (const other of vectors) {
        const along = vector.reduce((sum, value, i) => sum + value * (other[i] as number), 0);
        vector = vector.map((value, i) => value - along * (other[i] as number));
      }
      const length = Math.hypot(...vector);
      vectors.push(vector.map((value) => value / length));
    }
    return vectors;
  };
  const [left, right] = [basis(rows), basis(columns)];
  const weight = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return sigmas.reduce((sum, sigma, k) => sum + sigma * (left[k]?.[i] as number) * (right[k]?.[j] as number), 0);
  });
  return { weight, rows, left, right };
}

const float = (vector: readonly number[] | undefined) => Float32Array.from(vector ?? []);

describe("spectral norm", () => {
  const { weight, rows, left, right } = withSingularValues(12, 20, [3, 2.9, 1, 0.5]);

  it("converged: the largest singular value, even from a vector that is orthogonal to it", () => {
    for (const u of [left[0], left[1], left[3]]) {
      const found = spectralNorm({ weight, rows, u: float(u), v: float(right[0]) }, "converged");
      expect(found).toBeCloseTo(3, 6);
    }
  });

  it("stored: uᵀWv, as it stands", () => {
    expect(spectralNorm({ weight, rows, u: float(left[1]), v: float(right[1]) }, "stored")).toBeCloseTo(2.9, 6);
    const halved = float(left[0]?.map((value) => value / 2));
    expect(spectralNorm({ weight, rows, u: halved, v: float(right[0]) }, "stored")).toBeCloseTo(1.5, 6);
  });

  it("step: one power iteration from u, whatever v and the length of u", () => {
    const u = float(left[0]?.map((value, i) => 7 * (value + (left[2]?.[i] as number))));
    // Wᵀu ∝ 3 b₀ + b₂, so σ = |3·3 a₀ + 1·1 a₂| / |3 b₀ + b₂|
    expect(spectralNorm({ weight, rows, u, v: float(right[3]) }, "step")).toBeCloseTo(Math.sqrt(82 / 10), 5);
    expect(spectralNorm({ weight, rows, u, v: null }, "stored")).toBeCloseTo(Math.sqrt(82 / 10), 5);
  });

  it("says by how much the stored norm is off beyond 2 %", () => {
    expect(storedNormError({ weight, rows, u: float(left[0]), v: float(right[0]) })).toBeNull();
    const off = storedNormError({ weight, rows, u: float(left[1]), v: float(right[1]) });
    expect(off).toBeCloseTo(0.1 / 3, 4);
  });

  it("a matrix of many close singular values, in tens of products", () => {
    const sigmas = Array.from({ length: 40 }, (_, k) => 1 - k * 1e-3);
    const wide = withSingularValues(40, 60, sigmas);
    expect(largestSingularValue(wide.weight, 40, new Float32Array(40).fill(1), 1e-9, 40)).toBeCloseTo(1, 6);
  });

  it("of nothing and of NaN", () => {
    expect(largestSingularValue(new Float32Array(6), 2, [1, 0], 1e-9, 10)).toBe(0);
    expect(largestSingularValue(Float32Array.of(1, 2, Number.NaN, 4), 2, [1, 0], 1e-9, 10)).toBeNaN();
  });
});
