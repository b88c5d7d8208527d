import { EVD, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import type { Benchmark } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { createGenerator } from "../registry.ts";
import { bareContext } from "../testing/context.ts";
import { principalComponents, project } from "./principalComponents.ts";

const benchmark = shapesBenchmark({ train: 120 });

/** A benchmark of one train set, of any size. */
function benchmarkOf(train: ImageSet, classes: number): Benchmark {
  const classNames = Array.from({ length: classes }, (_, k) => `class ${k}`);
  const info = { ...benchmark.info, id: "toy", fingerprint: "toy", classNames };
  return { info, load: async () => train, loadSome: async () => train };
}

/** 2 × 2 images, each of one grey per class and image. */
function greys(values: readonly (readonly [grey: number, label: number])[]): ImageSet {
  return {
    count: values.length,
    height: 2,
    width: 2,
    images: Uint8Array.from(values.flatMap(([grey]) => Array.from({ length: 12 }, () => grey))),
    labels: Int32Array.from(values, ([, label]) => label),
  };
}

describe("interpolation", () => {
  async function sampled(of: Benchmark, count: number): Promise<ImageSet> {
    return (await createGenerator("interpolation", of, bareContext())).sample(1, 0, count);
  }

  it("mixes two images of the class, and only near ones", async () => {
    // Class 0: two clusters of six, at 10 … 15 and 200 … 205; class 1: one at 100 … 105.
    const train = greys(
      [0, 1, 2, 3, 4, 5].flatMap(
        (k) =>
          [
            [10 + k, 0],
            [200 + k, 0],
            [100 + k, 1],
          ] as const,
      ),
    );
    const { images, labels } = await sampled(benchmarkOf(train, 2), 400);
    const drawn = Array.from(labels, (label, i) => ({ label, grey: images[12 * i] as number }));
    const greysOf = (label: number) => new Set(drawn.filter((image) => image.label === label).map(({ grey }) => grey));
    expect([...greysOf(1)].sort()).toEqual([100, 101, 102, 103, 104, 105]);
    expect([...greysOf(0)].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 200, 201, 202, 203, 204, 205]);
  });

  it("fills the way between two images evenly", async () => {
    const train = greys([
      [0, 0],
      [200, 0],
    ]);
    const { images } = await sampled(benchmarkOf(train, 1), 1000);
    const drawn = Array.from({ length: 1000 }, (_, i) => images[12 * i] as number);
    for (const quarter of [0, 1, 2, 3]) {
      const inside = drawn.filter((grey) => grey >= 50 * quarter && grey < 50 * (quarter + 1)).length;
      expect(Math.abs(inside - 250)).toBeLessThan(60);
    }
  });
});

describe("principalComponents", () => {
  it("finds the leading components of the exact decomposition", async () => {
    const train = await benchmark.load("train");
    const { axes, rank, mean } = principalComponents(train, 20);
    expect(rank).toBe(20);
    const d = mean.length;
    for (let r = 0; r < rank; r++) {
      for (let s = 0; s <= r; s++) {
        let product = 0;
        for (let p = 0; p < d; p++) product += (axes[r * d + p] as number) * (axes[s * d + p] as number);
        expect(product).toBeCloseTo(r === s ? 1 : 0, 4);
      }
    }

    const centred = new Matrix(train.count, d);
    for (let i = 0; i < train.count; i++) {
      for (let p = 0; p < d; p++) centred.set(i, p, (train.images[i * d + p] as number) - (mean[p] as number));
    }
    const exact = [...new EVD(centred.mmul(centred.transpose()), { assumeSymmetric: true }).realEigenvalues].reverse();
    const coordinates = Array.from({ length: train.count }, (_, i) => project({ axes, rank, mean }, train, i));
    for (let r = 0; r < rank; r++) {
      const variance = coordinates.reduce((sum, c) => sum + (c[r] as number) ** 2, 0);
      expect(Math.abs(variance / (exact[r] as number) - 1), `component ${r}`).toBeLessThan(0.01);
    }
  });

  it("keeps no more components than the images span", () => {
    const train = greys([
      [10, 0],
      [20, 0],
      [40, 0],
      [80, 0],
    ]);
    expect(principalComponents(train, 64).rank).toBe(1);
  });
});

describe("the PCA Gaussian", () => {
  it("has each class's mean image", async () => {
    const train = await benchmark.load("train");
    const generator = await createGenerator("pca-gaussian", benchmark, bareContext());
    const sampled = await generator.sample(1, 0, 2000);
    for (let k = 0; k < 10; k++) {
      const [real, made] = [classMean(train, k), classMean(sampled, k)];
      const error = Math.sqrt(
        real.reduce((sum, value, p) => sum + (value - (made[p] as number)) ** 2, 0) / real.length,
      );
      const apart = Math.sqrt(
        real.reduce((sum, value, p) => sum + (value - (classMean(train, (k + 1) % 10)[p] as number)) ** 2, 0) /
          real.length,
      );
      expect(error).toBeLessThan(0.6 * apart);
      expect(error).toBeLessThan(12);
    }
  });

  function classMean({ images, labels }: ImageSet, k: number): Float64Array {
    const mean = new Float64Array(3072);
    const members = [...labels.keys()].filter((i) => labels[i] === k);
    for (const i of members)
      for (let p = 0; p < 3072; p++) mean[p] = (mean[p] as number) + (images[i * 3072 + p] as number);
    return mean.map((sum) => sum / members.length);
  }
});
