import { readFileSync } from "node:fs";
import { dispose, mul, sum, type Tensor, tensor2d, tensor4d, variableGrads } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { stateLayout, trunkLayout } from "../../networks/architecture.ts";
import { denseNetTrunk } from "../../networks/densenet.ts";
import { TrunkBuilder } from "../../networks/trunk.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import { mixedTrunk, noise, randomState } from "../oracle/testing/trunks.ts";
import { OracleTrunk } from "../oracle/trunk.ts";
import { cpuDevice, type TapeDevice } from "./device.ts";
import { disposePass, disposeStatistics, pass } from "./gradients.ts";
import { hwioToOihw } from "./layout.ts";
import { Parameters } from "./parameters.ts";
import { goldenPictures, goldenStateOf, largestDifference, relativeDifference, toNhwc } from "./testing/goldenFill.ts";
import { byBatchStatistics, byRunningStatistics, features } from "./trunk.ts";
import { updateRunningStatistics } from "./update.ts";

let device: TapeDevice;
beforeAll(async () => {
  device = await cpuDevice();
});

async function oihw(gradient: Tensor, shape: readonly number[]): Promise<Float32Array> {
  const data = await gradient.data<"float32">();
  return shape.length === 4 ? hwioToOihw(data, shape) : data.slice();
}

/** Nine pieces: more than one shader can bind. */
function concatenated() {
  const builder = new TrunkBuilder(5, 4);
  const pieces = Array.from({ length: 9 }, (_, i) =>
    builder.convolution(`piece${i}`, builder.input, 1 + (i % 2), { kernel: 3, stride: 1, padding: 1 }),
  );
  return builder.build(builder.relu(builder.batchNorm("bn", builder.concat(...pieces))));
}

describe.each([
  { what: "every kind of layer", trunk: mixedTrunk(), n: 2 },
  { what: "a wide concatenation", trunk: concatenated(), n: 3 },
  { what: "DenseNet", trunk: denseNetTrunk({ depth: 10, growth: 4, imageSize: 8 }), n: 3 },
])("$what by tfjs", ({ trunk, n }) => {
  it.each(["training", "evaluation"] as const)("meets the oracle in %s mode", async (mode) => {
    const { height, width } = trunk.maps[trunk.input] as { height: number; width: number };
    const state = randomState(trunk);
    const nchw = noise("images", n * 3 * height * width);
    const plane = height * width;
    const nhwc = Float32Array.from(nchw, (_, i) => {
      const pixel = Math.floor(i / 3);
      return nchw[(Math.floor(pixel / plane) * 3 + (i % 3)) * plane + (pixel % plane)] as number;
    });
    const oracle = new OracleTrunk(trunk, state);
    const trace = oracle.forward(nchw, n, mode);
    const weights = noise("features", trace.features.length);
    const expected = oracle.backward(trace, weights).gradients;

    const layout = trunkLayout(trunk);
    const parameters = new Parameters(layout);
    parameters.write(state);
    const statistics = new Map();
    const images = tensor4d(nhwc, [n, height, width, 3]);
    const used = layout.filter(({ name }) => expected.has(name));
    const own: Tensor[] = [];
    const { value, grads } = variableGrads(
      () => {
        const normalise =
          mode === "training" ? byBatchStatistics(parameters, statistics) : byRunningStatistics(parameters);
        const pooled = features(trunk, parameters, images, normalise);
        own.push(pooled);
        return sum(mul(pooled, tensor2d(Float32Array.from(weights), [n, trunk.featureDim])));
      },
      used.map(({ name }) => parameters.get(name)),
    );
    const [loss = Number.NaN] = await value.data();
    expect(loss).toBeCloseTo(
      trace.features.reduce((total, f, i) => total + f * (weights[i] as number), 0),
      4,
    );
    for (const { name, shape } of used) {
      const gradient = await oihw(grads[parameters.get(name).name] as Tensor, shape);
      expect(relativeDifference(gradient, expected.get(name)), name).toBeLessThan(5e-5);
    }
    if (mode === "training") {
      oracle.updateRunningStatistics(trace);
      updateRunningStatistics(device.rules, parameters, statistics);
      for (const [name, { data }] of await parameters.read({ momenta: false })) {
        expect(relativeDifference(data, oracle.state.get(name)), name).toBeLessThan(1e-6);
      }
    }
    dispose([images, value, ...Object.values(grads)]);
    disposeStatistics(statistics);
    parameters.dispose();
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
    const own = await oihw(gradient, state.get(name)?.shape ?? []);
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
