import { expect, it } from "vitest";
import { trunkLayout } from "../../networks/architecture.ts";
import { denseNetTrunk } from "../../networks/densenet.ts";
import { resnet18Trunk } from "../../networks/resnet.ts";
import { directionalError } from "./testing/finiteDifferences.ts";
import { mixedTrunk, noise, randomState } from "./testing/trunks.ts";
import { OracleTrunk } from "./trunk.ts";

/** Entries ±1. */
function signs(name: string, length: number): Int8Array {
  return Int8Array.from(noise(name, length), (v) => (v < 0 ? -1 : 1));
}

const trunks = [
  { what: "ResNet-18", trunk: resnet18Trunk(8, 8), n: 3, mode: "training" },
  { what: "DenseNet", trunk: denseNetTrunk({ depth: 10, growth: 4, imageSize: 8 }), n: 3, mode: "training" },
  { what: "DenseNet", trunk: denseNetTrunk({ depth: 10, growth: 4, imageSize: 8 }), n: 3, mode: "evaluation" },
  { what: "7×7 stem with pools", trunk: mixedTrunk(), n: 2, mode: "training" },
  { what: "7×7 stem with pools", trunk: mixedTrunk(), n: 2, mode: "evaluation" },
] as const;

it.each(trunks)("has the gradients of finite differences: $what in $mode mode", ({ trunk, n, mode }) => {
  const images = noise("images", n * 3 * (trunk.maps[0]?.height ?? 0) * (trunk.maps[0]?.width ?? 0));
  const oracle = new OracleTrunk(trunk, randomState(trunk));
  const trace = oracle.forward(images, n, mode);
  const dFeatures = noise("features", trace.features.length);
  const { gradients, dImages } = oracle.backward(trace, dFeatures);
  const trained = trunkLayout(trunk).filter(({ trained, name }) => trained && !name.startsWith("unused"));
  expect([...gradients.keys()].sort()).toEqual(trained.map(({ name }) => name).sort());
  const loss = () =>
    oracle.forward(images, n, mode).features.reduce((sum, f, i) => sum + f * (dFeatures[i] as number), 0);
  for (const [name, gradient] of gradients) {
    const values = oracle.state.get(name) as Float64Array;
    expect(directionalError(values, gradient, signs(name, values.length), loss), name).toBeLessThan(1e-6);
  }
  expect(directionalError(images, dImages, signs("images", images.length), loss), "images").toBeLessThan(1e-6);
});

it("answers each image by itself in evaluation mode, and not in training mode", () => {
  const trunk = mixedTrunk();
  const oracle = new OracleTrunk(trunk, randomState(trunk));
  const images = noise("images", 2 * 3 * 22 * 15);
  const second = images.slice(images.length / 2);
  const [both, alone] = [oracle.forward(images, 2, "evaluation"), oracle.forward(second, 1, "evaluation")];
  expect(both.features.slice(5)).toEqual(alone.features);
  const training = oracle.forward(images, 2, "training").features.slice(5);
  expect(training).not.toEqual(oracle.forward(second, 1, "training").features);
});

it("names a tensor that the state lacks and images that do not fit", () => {
  const trunk = mixedTrunk();
  const state = randomState(trunk);
  const oracle = new OracleTrunk(trunk, state);
  expect(() => oracle.forward(new Float64Array(5), 1, "training")).toThrow("1×3×22×15 takes 990 numbers, not 5.");
  state.delete("bn.running_mean");
  expect(() => new OracleTrunk(trunk, state)).toThrow('The state has no tensor "bn.running_mean".');
});
