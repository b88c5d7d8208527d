import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resnet18LargeTrunk } from "../../networks/resnet.ts";
import type { StateDict } from "../network.ts";
import type { Trace } from "../oracle/layer.ts";
import { noise, randomState } from "../oracle/testing/trunks.ts";
import { OracleTrunk } from "../oracle/trunk.ts";
import { relativeDifference } from "../tape/testing/goldenFill.ts";
import { InlineTeam } from "./team.ts";
import { WasmTrunk } from "./trunk.ts";

const SIZE = 64;
const BATCH = 4;
const trunk = resnet18LargeTrunk(8, SIZE);
/** Makes momenta the gradients. */
const hyper = { lr: 0, momentum: 0, weightDecay: 0 };

/** What a ReLU reads that lies closer to 0 than `reach` times the map's largest entry: by map and index. */
function nearKinks({ values }: Trace, reach: number): { map: number; index: number }[] {
  return trunk.layers.flatMap((layer) => {
    if (layer.op !== "relu") return [];
    const data = values[layer.input]?.data ?? new Float64Array();
    const limit = reach * data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return Array.from(data.keys())
      .filter((index) => Math.abs(data[index] as number) < limit)
      .map((index) => ({ map: layer.input, index }));
  });
}

/** [n][height][width][3] → [n][3][height][width]. */
function planes(nhwc: Float32Array): Float64Array {
  const area = SIZE ** 2;
  return Float64Array.from(nhwc, (_, i) => {
    const [image, channel, pixel] = [Math.floor(i / (3 * area)), Math.floor(i / area) % 3, i % area];
    return nhwc[(image * area + pixel) * 3 + channel] as number;
  });
}

/**
 * Why networks with many ReLUs are compared on few images: with these four, one ReLU reads a number so close to 0 that
 * float32 may round it to the other side, and then every gradient below it differs by a hundredth. For one of the two
 * sides all gradients agree with the oracle's; a wrong kernel would agree for neither.
 */
it("has the oracle's gradients once the one ReLU that float32 cannot decide is decided the same way", async () => {
  const images = Float32Array.from(noise("images", BATCH * SIZE ** 2 * 3));
  const dFeatures = Float32Array.from(noise("features", BATCH * trunk.featureDim));
  const module = new WebAssembly.Module(readFileSync(new URL("./build/simd.wasm", import.meta.url)));
  const wasm = await WasmTrunk.create(trunk, BATCH, new InlineTeam(), module);
  wasm.importFrom(randomState(trunk));
  wasm.writeNormalisedImages(images, BATCH);
  const features = await wasm.forward(BATCH);
  await wasm.backward(dFeatures, BATCH, hyper);
  const state: StateDict = new Map();
  wasm.exportTo(state, true);
  wasm.dispose();

  const oracle = new OracleTrunk(trunk, randomState(trunk));
  const trace = oracle.forward(planes(images), BATCH, "training");
  expect(relativeDifference(features, trace.features)).toBeLessThan(1e-5);
  const largestError = () => {
    const { gradients } = oracle.backward(trace, dFeatures);
    const errors = Array.from(gradients, ([name, gradient]) =>
      relativeDifference(state.get(`momentum/${name}`)?.data ?? [], gradient),
    );
    return Math.max(...errors);
  };
  const undecided = nearKinks(trace, 2e-6);
  expect(undecided).toHaveLength(1);
  const errors = [largestError()];
  for (const { map, index } of undecided) {
    const { data } = trace.values[map] as { data: Float64Array };
    data[index] = -(data[index] as number);
    errors.push(largestError());
  }
  expect(Math.min(...errors), `${errors}`).toBeLessThan(3e-5);
  expect(Math.max(...errors), `${errors}`).toBeGreaterThan(1e-2);
});
