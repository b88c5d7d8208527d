import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { predictions } from "../../metrics/accuracy.ts";
import { floats, ints } from "../../metrics/node/golden.ts";
import type { DetectorPreset, Fitted } from "../detector.ts";
import { resolveParams } from "../params.ts";
import { detectorByName, detectors } from "../registry.ts";
import { type GoldenCase, goldenCases, type StateCheck } from "../testing/goldenCases.ts";
import { type Golden, goldenPlaces, openGolden } from "../testing/node/golden.ts";
import { kernelBuilds } from "../testing/node/kernelBuilds.ts";
import { normaliseRows } from "./knn.ts";

const cases = goldenCases.filter(({ detector }) => detectors.some(({ name }) => name === detector));
const presets = ["paper", "v1.5"] as const;

for (const place of goldenPlaces) {
  describe.skipIf(!place.there)(`golden scores, ${place.where}`, () => {
    let golden: Golden;
    beforeAll(async () => {
      golden = await openGolden(place);
    });

    for (const build of kernelBuilds) {
      describe(`${build.name} kernels`, () => {
        let kernels: DenseKernels;
        beforeAll(async () => {
          kernels = await build.open();
        });
        afterAll(() => kernels.dispose());

        test.each(cases.flatMap((one) => presets.map((preset) => ({ ...one, preset }))))(
          "$name scores, $preset",
          async ({ preset, ...one }) => {
            const fitted = await fitCase(golden, one, preset, kernels);
            for (const [set, activations] of golden.sets) {
              const expected = floats(golden.tensors, `${preset}/${one.name}/${set}`);
              const worst = worstDifference(await fitted.score(activations), expected, 0);
              expect(worst, set).toBeLessThanOrEqual(golden.tolerance(one.name));
            }
            fitted.dispose?.();
          },
        );

        test.each(cases.filter(({ states }) => states.length > 0))("$name, fitted state", async (one) => {
          const fitted = await fitCase(golden, one, "paper", kernels);
          for (const check of one.states.filter((check) => isStored(place.where, check))) {
            const worst = worstDifference(ourState(fitted, check), expectedState(golden, one, check), 1);
            expect(worst, check.state).toBeLessThanOrEqual(check.within);
          }
          fitted.dispose?.();
        });
      });
    }

    test("KNN's bank is x/‖x‖ + 1e-10", () => {
      const expected = floats(golden.tensors, "state/knn/bank_first8_normalised");
      const { train, featureDim } = golden.input;
      const first = { ...train, count: 8, features: train.features.subarray(0, 8 * featureDim) };
      const ours = normaliseRows(first, featureDim, "train");
      for (let i = 0; i < expected.length; i++) expect(ours[i]).toBeCloseTo(expected[i] as number, 7);
      const zero = expected.findIndex((value) => value > 0 && value < 1e-9);
      expect(zero).toBeGreaterThanOrEqual(0);
      expect(ours[zero]).toBeCloseTo(expected[zero] as number, 13);
    });

    test.each(["id", "near", "far"])("predicted classes, %s", (set) => {
      const { tensors, input } = golden;
      expect(predictions(floats(tensors, `${set}/logits`), input.classes)).toEqual(ints(tensors, `pred/msp/${set}`));
    });
  });
}

async function fitCase(
  { input }: Golden,
  { detector: name, overrides }: GoldenCase,
  preset: DetectorPreset,
  kernels: DenseKernels,
): Promise<Fitted> {
  const detector = detectorByName(name);
  const sizes = { ...input, train: input.train.count, val: input.val.count };
  return detector.fit(input, resolveParams(detector, preset, sizes, overrides), kernels);
}

/** The fixture leaves out the projectors of the further VIM cases. */
function isStored(where: string, check: StateCheck): boolean {
  return where !== "fixture" || !("tensor" in check) || !/vim_D.*projector/.test(check.tensor);
}

function ourState({ state = {} }: Fitted, check: StateCheck): ArrayLike<number> {
  const { vectors, kept } = state;
  if (check.state === "projector" && typeof vectors === "object" && typeof kept === "number") {
    return projector(vectors, kept);
  }
  const ours = state[check.state];
  return typeof ours === "number" ? [ours] : (ours ?? []);
}

/** R Rᵀ of an orthonormal basis, one vector per row, whose rows from `kept` on are R's columns. */
function projector(vectors: ArrayLike<number>, kept: number): Float64Array {
  const d = Math.sqrt(vectors.length);
  const out = new Float64Array(d * d);
  for (let v = kept; v < d; v++) {
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < d; b++) {
        out[a * d + b] = Number(out[a * d + b]) + Number(vectors[v * d + a]) * Number(vectors[v * d + b]);
      }
    }
  }
  return out;
}

function expectedState({ tensors, intermediate }: Golden, { name }: GoldenCase, check: StateCheck): ArrayLike<number> {
  if ("number" in check) return [intermediate(name, check.number)];
  const tensor = tensors.get(check.tensor)?.data;
  if (tensor instanceof Float32Array || tensor instanceof Int32Array) return tensor;
  throw new Error(`The golden file has no tensor ${check.tensor}.`);
}

/**
 * Largest |ours − theirs|, NaN where one of ours is NaN.
 *
 * @param relativeFrom where |theirs| exceeds this, relative to it; 0 = never
 */
function worstDifference(ours: ArrayLike<number>, expected: ArrayLike<number>, relativeFrom: 0 | 1): number {
  expect(ours.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const scale = relativeFrom === 0 ? 1 : Math.max(relativeFrom, Math.abs(Number(expected[i])));
    worst = Math.max(worst, Math.abs(Number(ours[i]) - Number(expected[i])) / scale);
  }
  return worst;
}
