import { describe, expect, test } from "vitest";
import { Stream } from "../random/stream.ts";
import { type Activations, type FitInput, UndefinedScore } from "./detector.ts";
import { kthNearest } from "./nearest.ts";
import { detectorByName, detectorParams, detectors } from "./registry.ts";

function made(features: number[][], logits: number[][]): Activations {
  return {
    count: features.length,
    features: Float32Array.from(features.flat()),
    logits: Float32Array.from(logits.flat()),
    labels: new Int32Array(features.length),
  };
}

function fitInput(train: Activations, featureDim: number, classes: number): FitInput {
  const head = { weight: new Float32Array(classes * featureDim), bias: new Float32Array(classes) };
  return { featureDim, classes, train, val: train, head };
}

function fitted(name: string, train: Activations, featureDim: number, classes: number, params = {}) {
  const detector = detectorByName(name);
  return detector.fit(fitInput(train, featureDim, classes), detectorParams(detector, params));
}

describe("registry", () => {
  test("names are unique and in the tables' order", () =>
    expect(detectors.map((detector) => detector.name)).toEqual(["msp", "ebo", "mls", "knn"]));
  test("an unknown name lists the known ones", () =>
    expect(() => detectorByName("energy")).toThrow('no detector "energy". Known: msp, ebo, mls, knn.'));
  test("an unknown parameter is refused", () => {
    expect(() => detectorParams(detectorByName("knn"), { k: 1 })).toThrow('KNN has no parameter "k". Known: K.');
    expect(() => detectorParams(detectorByName("msp"), { T: 1 })).toThrow("Known: none.");
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

  test("MSP: uniform gives ⅓, a margin of 1000 exactly 1 (saturated)", () => {
    const [uniform, graded, saturated] = fitted("msp", one, 1, 3)(one);
    expect(uniform).toBeCloseTo(1 / 3, 6);
    expect(graded).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2)), 6);
    expect(saturated).toBe(1);
  });

  test("MSP ties above 18 nats, where MLS and EBO still order", () => {
    const far = made(
      [[1], [1]],
      [
        [20, 0],
        [25, 0],
      ],
    );
    const [a, b] = fitted("msp", far, 1, 2)(far);
    expect(a).toBe(b);
    for (const name of ["mls", "ebo"]) {
      const [c, d] = fitted(name, far, 1, 2)(far);
      expect(c).toBeLessThan(d as number);
    }
  });

  test("EBO: T log Σ exp(z/T) without overflow", () => {
    const [uniform, , large] = fitted("ebo", one, 1, 3)(one);
    expect(uniform).toBeCloseTo(Math.log(3), 6);
    expect(large).toBe(1000);
    expect(fitted("ebo", one, 1, 3, { T: 10 })(one)[0]).toBeCloseTo(10 * Math.log(3), 5);
    expect(() => fitted("ebo", one, 1, 3, { T: 0 })).toThrow("positive");
  });

  test("NaN logits stay NaN", () => {
    const broken = made([[1]], [[1, Number.NaN]]);
    for (const name of ["msp", "ebo", "mls"]) expect(fitted(name, broken, 1, 2)(broken)[0]).toBeNaN();
  });

  test("logits of another size are refused", () =>
    expect(() => fitted("mls", one, 1, 4)(one)).toThrow("9 logits for 3 images of 4 classes"));
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

  test("by hand on the unit circle: d² = 0, 2, 4", () => {
    const query = made([[5, 0]], [[0]]);
    for (const [K, squared] of [
      [1, 0],
      [2, 2],
      [3, 4],
    ] as const) {
      expect(fitted("knn", bank, 2, 1, { K })(query)[0]).toBeCloseTo(-squared, 6);
    }
  });

  test("K beyond the bank is undefined, and says why", () => {
    expect(() => fitted("knn", bank, 2, 1)).toThrow(UndefinedScore);
    expect(() => fitted("knn", bank, 2, 1)).toThrow("undefined, because K = 50 exceeds the 3 train images of the bank");
  });

  test("a zero feature vector is undefined, in the bank and among the scored", () => {
    const zero = made(
      [
        [1, 1],
        [0, 0],
      ],
      [[0], [0]],
    );
    expect(() => fitted("knn", zero, 2, 1, { K: 1 })).toThrow("train image 1 of 2 has norm 0");
    expect(() => fitted("knn", bank, 2, 1, { K: 1 })(zero)).toThrow(UndefinedScore);
  });

  test("K that is no count is refused", () => expect(() => fitted("knn", bank, 2, 1, { K: 1.5 })).toThrow(RangeError));

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
