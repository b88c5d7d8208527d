import { readFileSync } from "node:fs";
import { logSoftmax, memory, mul, neg, type Scalar, slice, sum, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { architecture } from "../../networks/architecture.ts";
import { type Engine, type InputLoss, type Network, NonFiniteLoss } from "../network.ts";
import { Oracle } from "../oracle/classifier.ts";
import { crossEntropy } from "../oracle/head.ts";
import { createTapeEngine } from "./tapeEngine.ts";
import {
  goldenPictures,
  goldenState,
  largestDifference,
  relativeDifference,
  toNchw,
  toNhwc,
} from "./testing/goldenFill.ts";

const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
const pictures = goldenPictures("images", 4);
const input = toNhwc(pictures, 32);

/** Cross-entropy of logits / temperature, summed over the slice, divided by `count`. */
function ceLoss(labels: readonly number[], temperature: number, count: number): InputLoss {
  return (logits: Tensor2D, first: number): Scalar => {
    const [n = 0, classes = 0] = logits.shape;
    const target = new Float32Array(n * classes);
    for (let i = 0; i < n; i++) target[i * classes + (labels[first + i] as number)] = 1 / count;
    return neg(sum<Scalar>(mul(tensor2d(target, [n, classes]), logSoftmax(mul(logits, 1 / temperature)))));
  };
}

describe("the input gradient of the tape", () => {
  let engine: Engine;
  let network: Network;
  beforeAll(async () => {
    engine = await createTapeEngine({ backend: "cpu" });
    // Slices of three and one.
    network = await engine.createNetwork(spec, { maxBatch: 3, normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } });
    await network.importState(goldenState(spec));
  });
  afterAll(() => engine.dispose());

  it("is the oracle's, and its features and logits are those of an evaluation", async () => {
    const labels = [3, 1, 4, 1];
    const result = await network.inputGradient(input, 4, ceLoss(labels, 1, 4));
    const oracle = new Oracle(architecture(spec), goldenState(spec));
    const expected = oracle.inputGradient(toNchw(pictures), 4, (logits) => crossEntropy(logits, labels).dLogits);
    const planes = Array.from({ length: 4 }, (_, i) =>
      Float32Array.from(expected.gradient.subarray(i * 3072, (i + 1) * 3072)),
    );
    const error = relativeDifference(result.gradient, toNhwc(planes, 32));
    console.info("input gradient of the tape, relative to the oracle:", error);
    expect(error).toBeLessThan(1e-5);
    expect(relativeDifference(result.features, expected.features)).toBeLessThan(1e-5);
    const { features, logits } = await network.forwardNormalised(input, 4);
    expect(result.features).toEqual(features);
    expect(result.logits).toEqual(logits);
  });

  /** The manifest's tolerance. */
  it.each([
    { preset: "paper", temperature: 1000, sigma: [63 / 255, 62.1 / 255, 66.7 / 255] },
    { preset: "paper", temperature: 1, sigma: [63 / 255, 62.1 / 255, 66.7 / 255] },
    { preset: "v1.5", temperature: 1000, sigma: [0.2675, 0.2565, 0.2761] },
    { preset: "v1.5", temperature: 1, sigma: [0.2675, 0.2565, 0.2761] },
  ])(
    "moves images as ODIN of the reference: $preset, temperature $temperature",
    async ({ preset, temperature, sigma }) => {
      const file = new URL("../oracle/fixtures/odin_resnet18_32x32_w8.safetensors", import.meta.url);
      const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
      // The reference predicts class 1 for all four.
      const { gradient, logits } = await network.inputGradient(input, 4, ceLoss([1, 1, 1, 1], temperature, 4));
      for (let i = 0; i < 4; i++) expect(Math.max(...logits.subarray(i * 10, i * 10 + 10))).toBe(logits[i * 10 + 1]);
      const moved = input.map(
        (x, i) => x - (0.0014 * ((gradient[i] as number) < 0 ? -1 : 1)) / (sigma[i % 3] as number),
      );
      const perturbed = (await network.forwardNormalised(moved, 4)).logits;
      const error = largestDifference(
        perturbed,
        tensors.get(`${preset}/T${temperature}_eps0.0014/logits_perturbed`)?.data,
      );
      console.info(`ODIN ${preset}, T ${temperature}: logits within ${error}`);
      expect(error).toBeLessThan(2e-4);
    },
  );

  it("leaves parameters and memory alone, an error of the loss too", async () => {
    const before = await network.exportState({ momenta: true });
    const { numTensors } = memory();
    await network.inputGradient(input, 4, ceLoss([0, 0, 0, 0], 1, 1));
    const broken: InputLoss = () => {
      throw new Error("broken loss");
    };
    await expect(network.inputGradient(input, 4, broken)).rejects.toThrow("broken loss");
    const infinite: InputLoss = (logits) => mul(sum(logits), Number.POSITIVE_INFINITY);
    await expect(network.inputGradient(input, 4, infinite)).rejects.toThrow(NonFiniteLoss);
    expect(memory().numTensors).toBe(numTensors);
    expect(await network.exportState({ momenta: true })).toEqual(before);
  });

  it("tells each slice where it begins and how many images it has", async () => {
    const seen: [number, number][] = [];
    await network.inputGradient(input, 4, (logits, first) => {
      seen.push([first, logits.shape[0]]);
      return sum(slice(logits, [0, 0], [-1, 1])) as Scalar;
    });
    expect(seen).toEqual([
      [0, 3],
      [3, 1],
    ]);
    await expect(network.inputGradient(input.subarray(0, 3072), 4, (logits) => sum(logits))).rejects.toThrow(
      "4 normalised RGB images of 32×32 pixels are 12288 numbers, not 3072.",
    );
  });
});
