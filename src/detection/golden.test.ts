import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { predictions } from "../metrics/accuracy.ts";
import { floats, type GoldenTensors, ints, readGolden } from "../metrics/node/golden.ts";
import type { Activations, FitInput } from "./detector.ts";
import { normaliseRows } from "./knn.ts";
import { detectorByName, detectorParams } from "./registry.ts";

const CLASSES = 10;
const DIM = 64;

const cases = [
  { name: "msp", detector: "msp", params: {} },
  { name: "ebo", detector: "ebo", params: {} },
  { name: "ebo_T10", detector: "ebo", params: { T: 10 } },
  { name: "mls", detector: "mls", params: {} },
  { name: "knn", detector: "knn", params: {} },
  { name: "knn_K1", detector: "knn", params: { K: 1 } },
  { name: "knn_K100", detector: "knn", params: { K: 100 } },
];

function activations(tensors: GoldenTensors, set: string): Activations {
  const features = floats(tensors, `${set}/features`);
  const count = features.length / DIM;
  const logits = tensors.has(`${set}/logits`) ? floats(tensors, `${set}/logits`) : new Float32Array(count * CLASSES);
  return { count, features, logits, labels: new Int32Array(count).fill(-1) };
}

const shared = new URL("../../../shared/golden/ood/scores/", import.meta.url);
const places = [
  { where: "fixture", folder: new URL("./fixtures/", import.meta.url), there: true },
  { where: "../shared", folder: shared, there: existsSync(shared) },
];

for (const { where, folder, there } of places) {
  describe.skipIf(!there)(`golden scores, ${where}`, () => {
    if (!there) return test("needs the shared goldens", () => {});
    const fixture = where === "fixture";
    const tensors = readGolden(new URL(fixture ? "golden.safetensors" : "io.safetensors", folder));
    const manifest = JSON.parse(readFileSync(new URL(fixture ? "golden.json" : "manifest.json", folder), "utf8")) as {
      atol?: Record<string, number>;
      tolerance?: { conf: Record<string, { atol: number }> };
    };
    const train = activations(tensors, "train");
    const nothing: Activations = {
      count: 0,
      features: new Float32Array(),
      logits: new Float32Array(),
      labels: new Int32Array(),
    };
    const head = { weight: new Float32Array(CLASSES * DIM), bias: new Float32Array(CLASSES) };
    const input: FitInput = { featureDim: DIM, classes: CLASSES, train, val: nothing, head };

    describe.each(cases)("$name", ({ name, detector: detectorName, params }) => {
      const tolerance = manifest.atol?.[name] ?? manifest.tolerance?.conf[name]?.atol ?? 0;
      const detector = detectorByName(detectorName);
      const score = detector.fit(input, detectorParams(detector, params));
      test.each(["id", "near", "far"])("%s", (set) => {
        const ours = score(activations(tensors, set));
        for (const preset of ["paper", "v1.5"]) {
          const expected = floats(tensors, `${preset}/${name}/${set}`);
          expect(ours.length).toBe(expected.length);
          const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
          expect(worst).toBeLessThanOrEqual(tolerance);
        }
      });
    });

    test("the bank is x/‖x‖ + 1e-10", () => {
      const expected = floats(tensors, "state/knn/bank_first8_normalised");
      const ours = normaliseRows({ ...train, count: 8, features: train.features.subarray(0, 8 * DIM) }, DIM, "train");
      for (let i = 0; i < expected.length; i++) expect(ours[i]).toBeCloseTo(expected[i] as number, 7);
      const zero = expected.findIndex((value) => value > 0 && value < 1e-9);
      expect(zero).toBeGreaterThanOrEqual(0);
      expect(ours[zero]).toBeCloseTo(expected[zero] as number, 13);
    });

    test.each(["id", "near", "far"])("predicted classes, %s", (set) => {
      expect(predictions(floats(tensors, `${set}/logits`), CLASSES)).toEqual(ints(tensors, `pred/msp/${set}`));
    });
  });
}
