import { readFileSync } from "node:fs";
import { div, type Scalar, type Tensor2D } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { denseNetTrunk } from "../../networks/densenet.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, StateDict } from "../network.ts";
import {
  goldenPictures,
  goldenState,
  goldenStateOf,
  largestDifference,
  relativeDifference,
  toNhwc,
} from "../tape/testing/goldenFill.ts";
import { LinearHead, startCpuBackend } from "./head.ts";
import { createNodeWasmEngine } from "./node/engine.ts";
import { InlineTeam } from "./team.ts";
import { WasmTrunk } from "./trunk.ts";

/** DenseNet and ODIN's input gradient against the reference implementation (PyTorch in float64). */
function golden(fixture: string): (name: string) => Float32Array {
  const file = new URL(`../oracle/fixtures/${fixture}.safetensors`, import.meta.url);
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
  return (name) => tensors.get(name)?.data as Float32Array;
}

it("trains a DenseNet as the reference: features, losses, gradients, running statistics, evaluation", async () => {
  await startCpuBackend();
  const reference = golden("densenet22");
  const network = { trunk: denseNetTrunk({ depth: 22, growth: 4, imageSize: 32 }), classes: 10 };
  const before = goldenStateOf(network, "densenet22_4/");
  const module = new WebAssembly.Module(readFileSync(new URL("./build/simd.wasm", import.meta.url)));
  const trunk = await WasmTrunk.create(network.trunk, 4, new InlineTeam(), module);
  const head = new LinearHead(trunk.featureDim, network.classes);
  trunk.importFrom(before);
  head.importFrom(before);

  trunk.writeNormalisedImages(toNhwc(goldenPictures("densenet/public/images~52", 4), 32), 4);
  const features = await trunk.forward(4);
  expect(relativeDifference(features, reference("train_features"))).toBeLessThan(1e-5);
  const labels = Int32Array.from(reference("labels"));
  const gradients = await head.gradients(features, labels, crossEntropy);
  expect(Math.abs(gradients.loss - 2.468789922891797)).toBeLessThan(5e-6);
  // Momenta begin at 0, so after one step they are gradient + weight decay · parameter.
  const state: StateDict = new Map();
  head.update(gradients, { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 });
  await trunk.backward(gradients.dFeatures, 4, { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 });
  trunk.exportTo(state, true);
  const errors: number[] = [];
  for (const [name, { data }] of state) {
    if (name.startsWith("momentum/")) {
      const parameter = name.slice("momentum/".length);
      const gradient = reference(`grad/${parameter}`);
      const start = before.get(parameter)?.data as Float32Array;
      const expected = gradient.map((g, i) => g + 5e-4 * (start[i] as number));
      errors.push(relativeDifference(data, expected));
      expect(errors.at(-1), name).toBeLessThan(2e-5);
    } else if (name.includes("running")) {
      expect(relativeDifference(data, reference(`after/${name}`)), name).toBeLessThan(1e-5);
    }
  }
  expect(errors).toHaveLength(21 + 2 * 21);
  const logits = head.logits(await trunk.evaluate(4), 4);
  expect(largestDifference(logits, reference("eval_logits_after_step"))).toBeLessThan(1e-4);
  console.info("densenet22: gradients within", Math.max(...errors));
  trunk.dispose();
});

describe.each([
  { reproducible: true, threads: 1 },
  { reproducible: false, threads: 2 },
])("ODIN's input gradient, reproducible $reproducible, $threads threads", (request) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createNodeWasmEngine(request, "");
  });
  afterAll(() => engine.dispose());

  it.each([1000, 1])("moves images as the reference's at temperature %i, in slices of three", async (temperature) => {
    const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
    const network = await engine.createNetwork(spec, {
      maxBatch: 3,
      normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    await network.importState(goldenState(spec));
    const images = toNhwc(goldenPictures("images", 4), 32);
    const { gradient, logits, features } = await network.inputGradient(images, 4, (slice: Tensor2D, first): Scalar => {
      const n = slice.shape[0];
      const predicted = Int32Array.from({ length: n }, () => 1);
      expect([0, 3]).toContain(first);
      return crossEntropy(div<Tensor2D>(slice, temperature), predicted);
    });
    const forward = await network.forwardNormalised(images, 4);
    expect(relativeDifference(features, forward.features)).toBeLessThan(1e-5);
    expect(relativeDifference(logits, forward.logits)).toBeLessThan(1e-5);
    const moved = images.map((x, i) => {
      const sigma = [63 / 255, 62.1 / 255, 66.7 / 255][i % 3] as number;
      return x - (0.0014 * ((gradient[i] as number) < 0 ? -1 : 1)) / sigma;
    });
    const expected = golden("odin_resnet18_32x32_w8")(`paper/T${temperature}_eps0.0014/logits_perturbed`);
    const error = largestDifference((await network.forwardNormalised(moved, 4)).logits, expected);
    console.info(`ODIN, temperature ${temperature}: ${error}`);
    expect(error).toBeLessThan(5e-6);
    network.dispose();
  });
});
