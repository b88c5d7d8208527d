import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Engine, Network } from "../../engine/network.ts";
import { goldenPictures, goldenState, largestDifference, toNhwc } from "../../engine/tape/testing/goldenFill.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { floats, ints, readGolden } from "../../metrics/node/golden.ts";
import type { Activations, FitInput } from "../detector.ts";
import { perturbedInput } from "../evaluation/perturb.ts";
import { resolveParams } from "../params.ts";
import { odin } from "./odin.ts";

const COUNT = 4;
const CLASSES = 10;
const PIXELS = 3 * 32 * 32;
/** The manifests' tolerances. */
const LOGITS = 2e-4;
const CONF = 2e-6;
const FLIPPED = 0.001;

const normalisation = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] } as const;
/** The width-8 case takes CIFAR-100's deviations in v1.5, so that the two presets differ. */
const cifar100 = { ...normalisation, std: [0.2675, 0.2565, 0.2761] } as const;
const sizes = { featureDim: 64, classes: CLASSES, train: 0, val: 0 };
const noImages = { count: 0, features: new Float32Array(), logits: new Float32Array(), labels: new Int32Array() };
const fitInput: FitInput = {
  featureDim: 64,
  classes: CLASSES,
  train: noImages,
  val: noImages,
  head: { weight: new Float32Array(CLASSES * 64), bias: new Float32Array(CLASSES) },
};

const images = toNhwc(goldenPictures("images", COUNT), 32);

type OdinParams = Parameters<typeof odin.fit>[1];

interface Setting {
  readonly preset: "paper" | "v1.5";
  readonly T: number;
  readonly eps: number;
}

const settingName = ({ preset, T, eps }: Setting) => `${preset}/T${T}_eps${eps === 0 ? "0.0" : eps}`;

describe.each([
  { name: "odin_resnet18_32x32_w8", width: 8, own: true, std: cifar100 },
  { name: "odin_resnet18_32x32", width: 64, own: false, std: normalisation },
])("ODIN of the reference, $name", ({ name, width, own, std }) => {
  const file = own
    ? new URL(`../../engine/oracle/fixtures/${name}.safetensors`, import.meta.url)
    : new URL(`../../../../shared/golden/ood/networks/${name}/io.safetensors`, import.meta.url);
  const settings: Setting[] = (["paper", "v1.5"] as const).flatMap((preset) => [
    { preset, T: 1000, eps: 0.0014 },
    { preset, T: 1, eps: 0.0014 },
    ...(own ? [] : [{ preset, T: 10, eps: 0.0014 } as const, { preset, T: 1, eps: 0.0028 } as const]),
  ]);

  describe.skipIf(!own && !existsSync(file))(own ? "own fixture" : "../../shared", () => {
    // A describe that is skipped is still run through for its tests.
    const tensors = own || existsSync(file) ? readGolden(file) : new Map();
    let engine: Engine;
    let network: Network;
    beforeAll(async () => {
      engine = await createNodeWasmEngine({ reproducible: true, threads: 1 }, "");
      const spec = { architecture: "resnet18", width, classes: CLASSES, imageSize: 32 } as const;
      network = await engine.createNetwork(spec, { maxBatch: COUNT, normalisation });
      await network.importState(goldenState(spec));
    });
    afterAll(() => engine.dispose());

    async function run({ preset, T, eps }: Setting) {
      const params = resolveParams(odin, preset, sizes, { T, eps });
      const perturbation = odin.perturb?.(params as OdinParams, std);
      if (perturbation === undefined) throw new Error("ODIN perturbs.");
      const moved = await perturbedInput(network, images, COUNT, perturbation);
      const { logits } = await network.forwardNormalised(moved, COUNT);
      const { score } = await odin.fit(fitInput, params as OdinParams, plainKernels);
      const scored: Activations = { ...noImages, count: COUNT, logits };
      return { moved, logits, conf: await score(scored) };
    }

    it.each(settings)("perturbed logits and confidences: $preset, T $T, eps $eps", async (setting) => {
      const { logits, conf } = await run(setting);
      const expected = floats(tensors, `${settingName(setting)}/logits_perturbed`);
      const errors = {
        logits: largestDifference(logits, expected),
        conf: largestDifference(conf, floats(tensors, `${settingName(setting)}/conf`)),
      };
      console.info(name, settingName(setting), errors);
      expect(errors.logits).toBeLessThanOrEqual(LOGITS);
      expect(errors.conf).toBeLessThanOrEqual(CONF);
    });

    it("eps = 0 would be noticed in every setting", async () => {
      // Without a step neither σ nor T matters to the logits.
      const { logits } = await run({ preset: "paper", T: 1, eps: 0 });
      for (const setting of settings) {
        const expected = floats(tensors, `${settingName(setting)}/logits_perturbed`);
        expect(largestDifference(logits, expected), settingName(setting)).toBeGreaterThan(10 * LOGITS);
      }
    });

    // The fixture holds no signs.
    if (own) return;
    it("the signs of the float64 gradient and the moved images", async () => {
      const setting: Setting = { preset: "paper", T: 1000, eps: 0.0014 };
      const { moved } = await run(setting);
      const expected = channelsLast(Float32Array.from(ints(tensors, "grad_sign_float64")));
      const flipped = expected.filter((sign, i) => Math.sign((images[i] as number) - (moved[i] as number)) !== sign);
      console.info(name, `${flipped.length} of ${expected.length} signs differ`);
      expect(flipped.length / expected.length).toBeLessThanOrEqual(FLIPPED);
      const apart = channelsLast(floats(tensors, "x_perturbed_paper")).filter(
        (x, i) => Math.abs(x - (moved[i] as number)) > 1e-5,
      );
      expect(apart.length / expected.length).toBeLessThanOrEqual(FLIPPED);
    });
  });
});

/** [n][3][32][32] as [n][32][32][3]. */
function channelsLast(planes: Float32Array): Float32Array {
  const pictures = Array.from({ length: planes.length / PIXELS }, (_, i) =>
    planes.subarray(i * PIXELS, (i + 1) * PIXELS),
  );
  return toNhwc(pictures, 32);
}

describe("ODIN's hyper-parameters", () => {
  it("divides by the fixed numbers in paper, by the data set's in v1.5", () => {
    const key = (preset: "paper" | "v1.5", std: typeof cifar100 | typeof normalisation) => {
      const params = resolveParams(odin, preset, sizes) as OdinParams;
      return odin.perturb?.(params, std);
    };
    expect(key("paper", cifar100)?.sigma).toEqual([63 / 255, 62.1 / 255, 66.7 / 255]);
    expect(key("v1.5", cifar100)?.sigma).toEqual(cifar100.std);
    expect(key("paper", cifar100)?.key).toBe(key("paper", normalisation)?.key);
    expect(key("v1.5", cifar100)?.key).not.toBe(key("v1.5", normalisation)?.key);
    expect(key("paper", cifar100)?.step).toBe(-0.0014);
  });

  it("every value that changes the pass changes its key, which is fit for a file name", () => {
    const keys = [{}, { T: 1 }, { T: 1e-3 }, { eps: 0 }, { eps: 1e-9 }, { sigma: "dataset" }].map((overrides) => {
      const params = resolveParams(odin, "paper", sizes, overrides) as OdinParams;
      return odin.perturb?.(params, cifar100).key ?? "";
    });
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9._-]+$/);
  });
});
