import { describe, expect, test } from "vitest";
import { kthNearest } from "../../engine/dense/nearest.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import { Stream } from "../../random/stream.ts";
import type { Params } from "../../study/result.ts";
import { type Activations, UndefinedScore } from "../detector.ts";
import { checkParameter, resolveParams } from "../params.ts";
import { detectorByName, detectors } from "../registry.ts";
import { fitInputOf, made } from "../testing/activations.ts";

function fitted(name: string, train: Activations, featureDim: number, classes: number, overrides: Params = {}) {
  const detector = detectorByName(name);
  const sizes = { featureDim, classes, train: train.count, val: train.count };
  const params = resolveParams(detector, "paper", sizes, overrides);
  return detector.fit(fitInputOf(train, featureDim, classes), params, plainKernels);
}

async function scores(
  name: string,
  train: Activations,
  featureDim: number,
  classes: number,
  overrides: Params = {},
  scored: Activations = train,
): Promise<Float32Array> {
  return (await fitted(name, train, featureDim, classes, overrides)).score(scored);
}

describe("registry", () => {
  test("names are unique and in the order of the paper's table", () => {
    const names = detectors.map((detector) => detector.name);
    const known = "openmax msp tempscale odin ebo gradnorm react mls klm vim knn dice".split(" ");
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => known.includes(name))).toEqual(known.filter((name) => names.includes(name)));
  });
  test("an unknown name lists the known ones", () =>
    expect(() => detectorByName("energy")).toThrow(/no detector "energy". Known: .*msp, .*knn/));
  test("every detector's presets and grid are values that it takes", () => {
    const sizes = { featureDim: 64, classes: 3, train: 100, val: 20 };
    for (const detector of detectors) {
      for (const preset of ["paper", "v1.5", "quick"] as const) {
        const params = resolveParams(detector, preset, sizes);
        expect(Object.keys(params).sort()).toEqual(detector.parameters.map(({ name }) => name).sort());
        for (const [name, value] of Object.entries(params)) checkParameter(detector, name, value);
      }
      for (const [name, values] of Object.entries(detector.grid)) {
        for (const value of values) checkParameter(detector, name, value);
      }
    }
  });
  test("an unknown parameter is refused", () => {
    expect(() => checkParameter(detectorByName("knn"), "k", 1)).toThrow('KNN has no parameter "k". Known: K.');
    expect(() => checkParameter(detectorByName("msp"), "T", 1)).toThrow("Known: none.");
  });
});

describe("logit-based detectors", () => {
  const one = made(
    [[1], [1], [1]],
    [
      [0, 0, 0],
      [1, 2, 3],
      [1000, -1000, 0],
    ],
  );

  test("MSP: uniform gives ⅓, a margin of 1000 exactly 1 (saturated)", async () => {
    const [uniform, graded, saturated] = await scores("msp", one, 1, 3);
    expect(uniform).toBeCloseTo(1 / 3, 6);
    expect(graded).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2)), 6);
    expect(saturated).toBe(1);
  });

  test("MSP ties above 18 nats, where MLS and EBO still order", async () => {
    const far = made(
      [[1], [1]],
      [
        [20, 0],
        [25, 0],
      ],
    );
    const [a, b] = await scores("msp", far, 1, 2);
    expect(a).toBe(b);
    for (const name of ["mls", "ebo"]) {
      const [c, d] = await scores(name, far, 1, 2);
      expect(c).toBeLessThan(d as number);
    }
  });

  test("EBO: T log Σ exp(z/T) without overflow", async () => {
    const [uniform, , large] = await scores("ebo", one, 1, 3);
    expect(uniform).toBeCloseTo(Math.log(3), 6);
    expect(large).toBe(1000);
    expect((await scores("ebo", one, 1, 3, { T: 10 }))[0]).toBeCloseTo(10 * Math.log(3), 5);
    expect(() => fitted("ebo", one, 1, 3, { T: 0 })).toThrow("EBO's T is a number from 0.001 to 1000000, not 0.");
  });

  test("NaN logits stay NaN", async () => {
    const broken = made([[1]], [[1, Number.NaN]]);
    for (const name of ["msp", "ebo", "mls"]) expect((await scores(name, broken, 1, 2))[0]).toBeNaN();
  });

  test("logits of another size are refused", async () =>
    expect(scores("mls", one, 1, 4)).rejects.toThrow("9 numbers do not divide into rows of 4"));
});

describe("KNN", () => {
  const bank = made(
    [
      [1, 0],
      [0, 2],
      [-3, 0],
    ],
    [[0], [0], [0]],
  );

  test("by hand on the unit circle: d² = 0, 2, 4", async () => {
    const query = made([[5, 0]], [[0]]);
    for (const [K, squared] of [
      [1, 0],
      [2, 2],
      [3, 4],
    ] as const) {
      expect((await scores("knn", bank, 2, 1, { K }, query))[0]).toBeCloseTo(-squared, 6);
    }
  });

  test("K beyond the bank is undefined, and says why", async () => {
    await expect(fitted("knn", bank, 2, 1)).rejects.toThrow(UndefinedScore);
    await expect(fitted("knn", bank, 2, 1)).rejects.toThrow(
      "undefined, because K = 50 exceeds the 3 train images of the bank",
    );
  });

  test("a zero feature vector is undefined, in the bank and among the scored", async () => {
    const zero = made(
      [
        [1, 1],
        [0, 0],
      ],
      [[0], [0]],
    );
    await expect(fitted("knn", zero, 2, 1, { K: 1 })).rejects.toThrow("train image 1 of 2 has norm 0");
    await expect(scores("knn", bank, 2, 1, { K: 1 }, zero)).rejects.toThrow(UndefinedScore);
  });

  test("K that is no count is refused", () =>
    expect(() => fitted("knn", bank, 2, 1, { K: 1.5 })).toThrow(
      "KNN's K is a whole number from 1 to 1000000, not 1.5.",
    ));

  test("tiles, blocks and heap agree with sorting all distances", () => {
    const stream = new Stream(1, "test-knn");
    const random = (rows: number, dim: number) =>
      Float64Array.from({ length: rows * dim }, () => stream.uniform(-1, 1));
    for (const [n, bankRows, dim, k] of [
      [1, 1, 1, 1],
      [5, 7, 3, 7],
      [13, 300, 5, 50],
      [9, 515, 4, 1],
    ] as const) {
      const queries = random(n, dim);
      const rows = random(bankRows, dim);
      const ours = kthNearest(queries, rows, dim, k);
      for (let i = 0; i < n; i++) {
        const distances = Array.from({ length: bankRows }, (_, j) => {
          let sum = 0;
          for (let d = 0; d < dim; d++) sum += ((queries[i * dim + d] as number) - (rows[j * dim + d] as number)) ** 2;
          return sum;
        }).sort((a, b) => a - b);
        expect(ours[i]).toBeCloseTo(distances[k - 1] as number, 12);
      }
    }
  });
});
