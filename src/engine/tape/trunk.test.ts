import { readFileSync } from "node:fs";
import { tensor4d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { stateLayout } from "../../networks/architecture.ts";
import { denseNetTrunk } from "../../networks/densenet.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import { mixedTrunk } from "../oracle/testing/trunks.ts";
import { cpuDevice, type TapeDevice } from "./device.ts";
import { disposePass, pass } from "./gradients.ts";
import { Parameters } from "./parameters.ts";
import { goldenPictures, goldenStateOf, largestDifference, relativeDifference, toNhwc } from "./testing/goldenFill.ts";
import { deviations, manyPieces, readGradient } from "./testing/trunkGradients.ts";
import { updateRunningStatistics } from "./update.ts";

let device: TapeDevice;
beforeAll(async () => {
  device = await cpuDevice();
});

describe.each([
  { what: "every kind of layer", trunk: mixedTrunk(), n: 2 },
  { what: "a concatenation of nine", trunk: manyPieces(), n: 3 },
  { what: "DenseNet", trunk: denseNetTrunk({ depth: 10, growth: 4, imageSize: 8 }), n: 3 },
])("$what by tfjs", ({ trunk, n }) => {
  it.each(["training", "evaluation"] as const)("meets the oracle in %s mode", async (mode) => {
    for (const { name, error } of await deviations(device, trunk, n, mode)) {
      expect(error, name).toBeLessThan(2e-5);
    }
  });
});

/** Tolerances are the manifest's. */
it("meets the reference's DenseNet: loss, logits, all gradients, running statistics", async () => {
  const file = new URL("../oracle/fixtures/densenet22.safetensors", import.meta.url);
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
  const network = { trunk: denseNetTrunk({ depth: 22, growth: 4, imageSize: 32 }), classes: 10 };
  const parameters = new Parameters(stateLayout(network));
  const state = goldenStateOf(network, "densenet22_4/");
  parameters.write(state);
  const images = tensor4d(toNhwc(goldenPictures("densenet/public/images~52", 4), 32), [4, 32, 32, 3]);
  const labels = Int32Array.from(tensors.get("labels")?.data as Int32Array);
  const step = pass(network.trunk, parameters, images, labels, crossEntropy, "training");
  const [loss = Number.NaN] = await step.loss.data();
  expect(Math.abs(loss - 2.468789922891797)).toBeLessThan(1e-5);
  expect(largestDifference(await step.logits.data(), tensors.get("train_logits")?.data)).toBeLessThan(5e-5);
  const worst = { gradient: 0, running: 0 };
  for (const [name, gradient] of step.gradients) {
    const own = await readGradient(gradient, state.get(name)?.shape ?? []);
    const error = relativeDifference(own, tensors.get(`grad/${name}`)?.data as Float32Array);
    expect(error, name).toBeLessThan(2e-4);
    worst.gradient = Math.max(worst.gradient, error);
  }
  updateRunningStatistics(device.rules, parameters, step.statistics);
  for (const [name, { data }] of await parameters.read({ momenta: false })) {
    if (!name.includes("running_")) continue;
    const error = largestDifference(data, tensors.get(`after/${name}`)?.data);
    expect(error, name).toBeLessThan(1e-5);
    worst.running = Math.max(worst.running, error);
  }
  console.info("densenet22 on the tape:", worst);
  images.dispose();
  disposePass(step);
  parameters.dispose();
});
