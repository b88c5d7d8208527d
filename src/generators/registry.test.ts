import { describe, expect, it } from "vitest";
import type { Benchmark } from "../data/benchmark.ts";
import { pick } from "../data/imageSet.ts";
import { shapesBenchmark, shapesBenchmarkById } from "../data/shapes/shapesBenchmark.ts";
import { GOLDEN_HASHES, hashGenerators } from "./fixtures/hashes.ts";
import { createGenerator, listGenerators } from "./registry.ts";
import { bareContext } from "./testing/context.ts";

const benchmark = shapesBenchmark({ train: 120 });
const context = bareContext();

describe("listGenerators", () => {
  it("says of each what it has seen", async () => {
    const listed = await listGenerators(benchmark.info, context);
    for (const { id, kind, provenance } of listed) {
      const expected = id.startsWith("simulated") ? ["controlled", "knows-the-renderer"] : ["learned", "same-real-set"];
      expect([kind, provenance], id).toEqual(expected);
    }
    expect(listed.map(({ id }) => id)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7].map((level) => `simulated-${level}`),
      "simulated-3-c0.5",
      "simulated-3-c0.2",
      "interpolation",
      "pca-gaussian",
    ]);
  });

  it("offers only learned generators where the renderer does not know the labels", async () => {
    for (const id of ["cifar10", "shapes-shuffled-labels"]) {
      const kinds = (await listGenerators({ ...benchmark.info, id }, context)).map(({ kind }) => kind);
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
      await expect(createGenerator(id, benchmark, context)).rejects.toThrow(
        `no generator "${id}"; it has simulated-1, `,
      );
    }
    const shuffled = shapesBenchmarkById("shapes-shuffled-labels") as Benchmark;
    await expect(createGenerator("simulated-3", shuffled, context)).rejects.toThrow(
      "it has interpolation, pca-gaussian.",
    );
  });

  it.each(["simulated-3", "simulated-3-c0.35", "interpolation", "pca-gaussian"])(
    "%s samples by index alone",
    async (id) => {
      const generator = await createGenerator(id, benchmark, context);
      const whole = await generator.sample(5, 0, 100);
      expect(whole.labels).toEqual(Int32Array.from({ length: 100 }, (_, i) => i % 10));
      // A second instance, so that nothing the first one has cached can help; chunks backwards.
      const again = await createGenerator(id, benchmark, context);
      for (const [first, count] of [
        [61, 39],
        [40, 21],
        [0, 40],
      ] as const) {
        expect(await again.sample(5, first, count)).toEqual(pick(whole, range(first, count)));
      }
      expect((await again.sample(6, 0, 100)).images).not.toEqual(whole.images);
      expect(again.fingerprint).toBe(generator.fingerprint);
      expect(
        new Set(Array.from({ length: 100 }, (_, i) => whole.images.subarray(i * 3072, (i + 1) * 3072).join())).size,
      ).toBe(100);
    },
  );

  it("has a fingerprint per generator, and per train set where it is learned", async () => {
    const other = shapesBenchmark({ train: 130 });
    const ids = (await listGenerators(benchmark.info, context)).map(({ id }) => id);
    const fingerprints = await Promise.all(
      ids.map(async (id) => (await createGenerator(id, benchmark, context)).fingerprint),
    );
    expect(new Set(fingerprints).size).toBe(ids.length);
    for (const id of ["interpolation", "pca-gaussian"]) {
      expect((await createGenerator(id, other, context)).fingerprint).not.toBe(
        (await createGenerator(id, benchmark, context)).fingerprint,
      );
    }
  });

  it("says which class has too few images to learn from", async () => {
    const tiny = shapesBenchmark({ train: 10 });
    for (const id of ["interpolation", "pca-gaussian"]) {
      await expect(createGenerator(id, tiny, context)).rejects.toThrow('Class "disc" has 1 train images');
    }
  });
});

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => first + k);
}
