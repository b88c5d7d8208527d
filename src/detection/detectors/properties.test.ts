import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { type Activations, type Detector, type Fitted, UndefinedScore } from "../detector.ts";
import { resolveParams } from "../params.ts";
import { detectors } from "../registry.ts";
import { picked } from "../testing/activations.ts";
import { kernelBuilds } from "../testing/node/kernelBuilds.ts";
import { type Scenario, scenarios } from "../testing/scenarios.ts";

const presets = ["paper", "v1.5", "quick"] as const;
type Preset = (typeof presets)[number];
const usual = scenarios[0] as Scenario;

/** Every k-th image, so that the order is another one. */
const shuffled = Array.from({ length: usual.scored.count }, (_, i) => (5 * i + 3) % usual.scored.count);

for (const build of kernelBuilds) {
  let kernels: DenseKernels;
  beforeAll(async () => {
    kernels = await build.open();
  });
  afterAll(() => kernels.dispose());

  const fitOn = async (detector: Detector, preset: Preset, { input }: Scenario): Promise<Fitted> => {
    const sizes = { ...input, train: input.train.count, val: input.val.count };
    return detector.fit(input, resolveParams(detector, preset, sizes), kernels);
  };

  /** The scores, or why there are none. Any other error fails the test. */
  const outcome = async (detector: Detector, preset: Preset, scenario: Scenario): Promise<Float32Array | string> => {
    let fitted: Fitted | undefined;
    try {
      fitted = await fitOn(detector, preset, scenario);
      return await fitted.score(scenario.scored);
    } catch (error) {
      if (error instanceof UndefinedScore) return error.message;
      throw error;
    } finally {
      fitted?.dispose?.();
    }
  };

  describe.each(detectors.map((detector) => ({ name: detector.name, detector })))(
    `$name, ${build.name} kernels`,
    ({ detector }) => {
      test("has a score on ordinary activations", async () =>
        expect(await outcome(detector, "quick", usual)).toHaveLength(usual.scored.count));

      test.each(scenarios)("a finite score or undefined, because …: $name", async (scenario) => {
        for (const preset of presets) {
          const scores = await outcome(detector, preset, scenario);
          if (typeof scores === "string") {
            expect(scores).toMatch(/^undefined, because ./);
          } else {
            expect(scores.length).toBe(scenario.scored.count);
            expect(Array.from(scores).filter((score) => !Number.isFinite(score))).toEqual([]);
          }
        }
      });

      test("the score of an image does not depend on the others", async () => {
        const { score, dispose } = await fitOn(detector, "quick", usual);
        const { scored } = usual;
        const together = await score(scored);
        for (const sizes of [[1, 7, 9], Array.from({ length: 17 }, () => 1)]) {
          let first = 0;
          for (const size of sizes) {
            const run = Array.from({ length: size }, (_, i) => first + i);
            expect(await score(picked(scored, run))).toEqual(together.slice(first, first + size));
            first += size;
          }
        }
        expect(await score(picked(scored, shuffled))).toEqual(
          Float32Array.from(shuffled, (row) => together[row] as number),
        );
        dispose?.();
      });

      test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
        "%d in one scored image spoils no other",
        async (value) => {
          const { score, dispose } = await fitOn(detector, "quick", usual);
          const together = await score(usual.scored);
          try {
            const scores = await score(spoilt(usual.scored, 3, value));
            if (Number.isNaN(value)) expect(scores[3]).toBeNaN();
            together[3] = scores[3] = 0;
            expect(scores).toEqual(together);
          } catch (error) {
            expect(error).toBeInstanceOf(UndefinedScore);
          }
          dispose?.();
        },
      );
    },
  );
}

/** One feature and one logit of an image replaced. */
function spoilt(activations: Activations, image: number, value: number): Activations {
  const { count } = activations;
  const features = activations.features.slice();
  const logits = activations.logits.slice();
  features[(image * features.length) / count] = value;
  logits[(image * logits.length) / count] = value;
  return { ...activations, features, logits };
}
