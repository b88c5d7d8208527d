import { describe, expect, it } from "vitest";
import type { Benchmark } from "../data/benchmark.ts";
import { pick } from "../data/imageSet.ts";
import { shapesBenchmark, shapesBenchmarkById } from "../data/shapes/shapesBenchmark.ts";
import { GOLDEN_HASHES, hashGenerators } from "./fixtures/hashes.ts";
import { createGenerator, listGenerators } from "./registry.ts";

const benchmark = shapesBenchmark({ train: 120 });

describe("listGenerators", () => {
  it("says of each what it has seen", () => {
    for (const { id, kind, provenance } of listGenerators(benchmark.info)) {
      const expected = id.startsWith("simulated") ? ["controlled", "knows-the-renderer"] : ["learned", "same-real-set"];
      expect([kind, provenance], id).toEqual(expected);
    }
    expect(listGenerators(benchmark.info).map(({ id }) => id)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7].map((level) => `simulated-${level}`),
      "simulated-3-c0.5",
      "simulated-3-c0.2",
      "interpolation",
      "pca-gaussian",
    ]);
  });

  it("offers only learned generators where the renderer does not know the labels", () => {
    for (const id of ["cifar10", "shapes-shuffled-labels"]) {
      const kinds = listGenerators({ ...benchmark.info, id }).map(({ kind }) => kind);
      expect(kinds).toEqual(["learned", "learned"]);
    }
  });
});

describe("createGenerator", () => {
  it("makes the golden images in Node", async () => {
    expect(await hashGenerators()).toEqual(GOLDEN_HASHES);
  });

  it("names the known generators where an id is none of them", async () => {
    for (const id of [
      "dcgan",
      "simulated-0",
      "simulated-8",
      "simulated-3-c1",
      "simulated-3-c0.50",
      "simulated-3-c0.0",
    ]) {
      await expect(createGenerator(id, benchmark)).rejects.toThrow(`no generator "${id}"; it has simulated-1, `);
    }
    const shuffled = shapesBenchmarkById("shapes-shuffled-labels") as Benchmark;
    await expect(createGenerator("simulated-3", shuffled)).rejects.toThrow("it has interpolation, pca-gaussian.");
  });

  it.each(["simulated-3", "simulated-3-c0.35", "interpolation", "pca-gaussian"])(
    "%s samples by index alone",
    async (id) => {
      const generator = await createGenerator(id, benchmark);
      const whole = generator.sample(5, 0, 100);
      expect(whole.labels).toEqual(Int32Array.from({ length: 100 }, (_, i) => i % 10));
      // A second instance, so that nothing the first one has cached can help; chunks backwards.
      const again = await createGenerator(id, benchmark);
      for (const [first, count] of [
        [61, 39],
        [40, 21],
        [0, 40],
      ] as const) {
        expect(again.sample(5, first, count)).toEqual(pick(whole, range(first, count)));
      }
      expect(again.sample(6, 0, 100).images).not.toEqual(whole.images);
      expect(again.fingerprint).toBe(generator.fingerprint);
      expect(
        new Set(Array.from({ length: 100 }, (_, i) => whole.images.subarray(i * 3072, (i + 1) * 3072).join())).size,
      ).toBe(100);
    },
  );

  it("has a fingerprint per generator, and per train set where it is learned", async () => {
    const other = shapesBenchmark({ train: 130 });
    const ids = listGenerators(benchmark.info).map(({ id }) => id);
    const fingerprints = await Promise.all(ids.map(async (id) => (await createGenerator(id, benchmark)).fingerprint));
    expect(new Set(fingerprints).size).toBe(ids.length);
    for (const id of ["interpolation", "pca-gaussian"]) {
      expect((await createGenerator(id, other)).fingerprint).not.toBe(
        (await createGenerator(id, benchmark)).fingerprint,
      );
    }
  });

  it("says which class has too few images to learn from", async () => {
    const tiny = shapesBenchmark({ train: 10 });
    for (const id of ["interpolation", "pca-gaussian"]) {
      await expect(createGenerator(id, tiny)).rejects.toThrow('Class "disc" has 1 train images');
    }
  });
});

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => first + k);
}
