import { type Scalar, square, sum } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { architecture } from "../../networks/architecture.ts";
import { initialState } from "../../networks/init.ts";
import { Oracle } from "../oracle/classifier.ts";
import { mixedTrunk, noise } from "../oracle/testing/trunks.ts";
import { gpuDevice } from "./device.ts";
import { createTapeEngine } from "./tapeEngine.ts";
import { relativeDifference, toNchw, toNhwc } from "./testing/goldenFill.ts";
import { deviations, manyPieces } from "./testing/trunkGradients.ts";

it("meets the oracle on WebGPU", async () => {
  const device = await gpuDevice({ allowSoftware: true });
  try {
    for (const trunk of [mixedTrunk(), manyPieces()]) {
      for (const { name, error } of await deviations(device, trunk, 2, "training"))
        expect(error, name).toBeLessThan(2e-5);
    }
  } finally {
    device.close();
  }
});

it("gives the oracle's input gradient, slices filled up to one size", async () => {
  const spec = { architecture: "resnet18", width: 8, classes: 3, imageSize: 8 } as const;
  const engine = await createTapeEngine({ backend: "webgpu", allowSoftware: true });
  const network = await engine.createNetwork(spec, { maxBatch: 2, normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } });
  const state = initialState(spec, 5);
  await network.importState(state);
  const pictures = [0, 1, 2].map((i) => Float32Array.from(noise(`picture ${i}`, 192)));
  const slices: [number, number][] = [];
  const { gradient, logits } = await network.inputGradient(toNhwc(pictures, 8), 3, (out, first) => {
    slices.push([first, out.shape[0]]);
    return sum(square(out)) as Scalar;
  });
  expect(slices).toEqual([
    [0, 2],
    [2, 1],
  ]);
  const oracle = new Oracle(architecture(spec), state);
  const expected = oracle.inputGradient(toNchw(pictures), 3, (z) => z.map((value) => 2 * value));
  const planes = [0, 1, 2].map((i) => Float32Array.from(expected.gradient.subarray(i * 192, (i + 1) * 192)));
  expect(relativeDifference(logits, expected.logits)).toBeLessThan(1e-5);
  expect(relativeDifference(gradient, toNhwc(planes, 8))).toBeLessThan(2e-5);
  engine.dispose();
});
