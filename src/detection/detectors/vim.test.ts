import { describe, expect, test } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import { type Activations, type FitInput, UndefinedScore } from "../detector.ts";
import { headOrigin, symmetricEigen } from "../fitting/eigen.ts";
import { resolveParams } from "../params.ts";
import { fitInputOf, made, noImages } from "../testing/activations.ts";
import { vim } from "./vim.ts";

const D = 6;
const CLASSES = 3;
const stream = new Stream(1, "test-vim");
const normals = (count: number) => Float32Array.from({ length: count }, () => stream.normal());
const head = { weight: normals(CLASSES * D), bias: normals(CLASSES) };

/** `count` images whose features are sums of `rank` directions. */
function spanning(rank: number, count: number, origin: ArrayLike<number> = new Float64Array(D)): Activations {
  const directions = normals(rank * D);
  const features = new Float32Array(count * D);
  for (let i = 0; i < count; i++) {
    const shares = normals(rank);
    for (let j = 0; j < D; j++) {
      let value = origin[j] as number;
      for (let r = 0; r < rank; r++) value += (shares[r] as number) * (directions[r * D + j] as number);
      features[i * D + j] = value;
    }
  }
  return { count, features, logits: normals(count * CLASSES), labels: new Int32Array(count) };
}

const inputOf = (train: Activations, own: FitInput["head"] = head) => fitInputOf(train, D, CLASSES, own);

const failing = async (train: Activations, dimensions: number) =>
  vim.fit(inputOf(train), { D: dimensions }, plainKernels);

describe("ViM", () => {
  test("by hand: energy less α times the coordinate outside the principal axis", async () => {
    // W = 0, so u = 0; the second moments are 4.5 along x and 0.5 along y.
    const train = made(
      [
        [3, 1],
        [0, 0],
      ],
      [
        [2, 0],
        [4, 0],
      ],
    );
    const straight = made(
      [
        [3, 0],
        [0, 1],
      ],
      [
        [2, 0],
        [4, 0],
      ],
    );
    const { state, score } = await vim.fit(fitInputOf(straight, 2, 2), { D: 1 }, plainKernels);
    expect(state?.eigenvalues).toEqual(Float64Array.of(4.5, 0.5));
    // Mean largest logit 3, mean residual ½.
    expect(state?.alpha).toBeCloseTo(6, 10);
    const [first] = await score(train);
    expect(first).toBeCloseTo(Math.log(Math.exp(2) + 1) - 6 * 1, 5);
  });

  test("eigenvectors are orthonormal and rebuild the matrix", async () => {
    const matrix = await plainKernels.scatter(spanning(D, 40).features, D, new Float64Array(D));
    const { values, vectors } = await symmetricEigen(matrix, D);
    for (let a = 0; a < D; a++) {
      if (a > 0) expect(values[a]).toBeLessThanOrEqual(values[a - 1] as number);
      for (let b = 0; b < D; b++) {
        let dot = 0;
        let rebuilt = 0;
        for (let k = 0; k < D; k++) {
          dot += (vectors[a * D + k] as number) * (vectors[b * D + k] as number);
          rebuilt += (values[k] as number) * (vectors[k * D + a] as number) * (vectors[k * D + b] as number);
        }
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 12);
        expect(rebuilt).toBeCloseTo(matrix[a * D + b] as number, 9);
      }
    }
  });

  test("at the origin all logits are 0, where the head allows it", async () => {
    const origin = await headOrigin(head, D);
    const logits = await plainKernels.headLogits(Float32Array.from(origin), D, head, Number.POSITIVE_INFINITY);
    for (const logit of logits) expect(logit).toBeCloseTo(0, 5);
  });

  test("a head of less than full rank, and one of zeros, have an origin", async () => {
    // The second class repeats the first with another bias.
    const weight = Float32Array.of(3, 4, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0);
    const origin = await headOrigin({ weight, bias: Float32Array.of(5, 15, 2) }, D);
    // −(3, 4) · mean(5, 15)/25, and −2 along the third axis.
    [-1.2, -1.6, -2, 0, 0, 0].forEach((value, j) => {
      expect(origin[j]).toBeCloseTo(value, 10);
    });
    const zero = { weight: new Float32Array(CLASSES * D), bias: Float32Array.of(1, 2, 3) };
    expect([...(await headOrigin(zero, D))]).toEqual(Array(D).fill(0));
  });

  test("more classes than features", async () => {
    const many = { weight: normals(10 * D), bias: new Float32Array(10) };
    const point = Float64Array.from({ length: D }, () => stream.normal());
    many.bias = many.bias.map((_, k) => {
      let logit = 0;
      for (let j = 0; j < D; j++) logit -= (many.weight[k * D + j] as number) * (point[j] as number);
      return logit;
    });
    const origin = await headOrigin(many, D);
    for (const [j, value] of point.entries()) expect(origin[j]).toBeCloseTo(value, 5);
  });

  test("D of d or more is undefined, with the numbers; the presets run into it on narrow networks", async () => {
    const fitted = async (dimensions: number) => vim.fit(inputOf(spanning(D, 40)), { D: dimensions }, plainKernels);
    await expect(fitted(6)).rejects.toThrow("undefined, because D = 6 ≥ d = 6");
    await expect(fitted(1000)).rejects.toThrow("undefined, because D = 1000 ≥ d = 6");
    const sizes = { featureDim: 128, classes: 10, train: 1000, val: 100 };
    expect(resolveParams(vim, "paper", sizes)).toEqual({ D: 42 });
    expect(resolveParams(vim, "v1.5", sizes)).toEqual({ D: 256 });
    expect(resolveParams(vim, "quick", sizes)).toEqual({ D: 64 });
    expect((await fitted(5)).state?.kept).toBe(5);
  });

  test("a rank-deficient covariance is defined while a train feature leaves the principal space, undefined after", async () => {
    const origin = await headOrigin(head, D);
    const train = spanning(3, 60, origin);
    const fitted = async (dimensions: number) => vim.fit(inputOf(train), { D: dimensions }, plainKernels);
    const { state, score } = await fitted(2);
    expect(state?.alpha).toBeGreaterThan(0);
    expect((await score(train)).every(Number.isFinite)).toBe(true);
    await expect(fitted(3)).rejects.toThrow(UndefinedScore);
    await expect(fitted(4)).rejects.toThrow("span 3 of 6 dimensions, and D = 4 leaves no residual");
  });

  test("constant features, and one image, span one dimension", async () => {
    const constant = { ...spanning(D, 5), features: new Float32Array(5 * D).fill(2) };
    await expect(failing(constant, 2)).rejects.toThrow("span 1 of 6 dimensions, and D = 2");
    await expect(failing(spanning(D, 1), 1)).rejects.toThrow("span 1 of 6 dimensions, and D = 1");
  });

  test("features that are all the origin, no images, NaN: undefined, and the decomposition ends", async () => {
    const zeroHead = { weight: new Float32Array(CLASSES * D), bias: new Float32Array(CLASSES) };
    const zeros = { ...spanning(D, 5), features: new Float32Array(5 * D) };
    const fitted = async (train: Activations, own = head) => vim.fit(inputOf(train, own), { D: 2 }, plainKernels);
    await expect(fitted(zeros, zeroHead)).rejects.toThrow("span 0 of 6 dimensions");
    await expect(fitted(noImages)).rejects.toThrow("there are no train images");
    const broken = spanning(D, 5);
    broken.features[7] = Number.NaN;
    await expect(fitted(broken)).rejects.toThrow("a feature of train image 1 of 5 is NaN");
    await expect(fitted(spanning(D, 5), { ...head, bias: Float32Array.of(1, Number.NaN, 1) })).rejects.toThrow(
      "the head holds numbers that are not finite",
    );
  });

  test("NaN logits of the train set are undefined", async () => {
    const broken = spanning(D, 5);
    broken.logits[1] = Number.NaN;
    await expect(failing(broken, 2)).rejects.toThrow(UndefinedScore);
  });
});
