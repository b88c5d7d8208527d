import { memory, mul, scalar } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState } from "../../networks/init.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import { type Engine, type Loss, type Network, NonFiniteLoss, type TrainBatch } from "../network.ts";
import { createTapeEngine } from "./tapeEngine.ts";

const spec = { architecture: "resnet18", width: 8, classes: 3, imageSize: 8 } as const;
const options = { maxBatch: 4, normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } } as const;
const hyper = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const images = Uint8Array.from({ length: 10 * 8 * 8 * 3 }, (_, i) => (i * 97 + ((i >> 4) % 7) * 31) % 256);
const batch: TrainBatch = { count: 4, images, labels: Int32Array.of(0, 1, 2, 1), augmentation: null };

describe("a tape network", () => {
  let engine: Engine;
  let network: Network;
  beforeEach(async () => {
    engine = await createTapeEngine({ backend: "cpu" });
    network = await engine.createNetwork(spec, options);
    await network.importState(initialState(spec, 3));
  });
  afterEach(() => engine.dispose());

  it("goes on from an exported state with momenta exactly", async () => {
    await network.trainStep(batch, crossEntropy, hyper);
    const saved = await network.exportState({ momenta: true });
    const expected = await network.trainStep(batch, crossEntropy, hyper);
    const other = await engine.createNetwork(spec, options);
    await other.importState(saved);
    expect(await other.trainStep(batch, crossEntropy, hyper)).toEqual(expected);
    expect(await other.exportState({ momenta: true })).toEqual(await network.exportState({ momenta: true }));
  });

  it("starts with momenta 0 from a state without them", async () => {
    await network.trainStep(batch, crossEntropy, hyper);
    await network.importState(await network.exportState({ momenta: false }));
    const state = await network.exportState({ momenta: true });
    expect(state.get("momentum/fc.bias")?.data).toEqual(new Float32Array(3));
  });

  it("exports copies", async () => {
    const state = await network.exportState({ momenta: false });
    state.get("fc.bias")?.data.fill(7);
    expect((await network.exportState({ momenta: false })).get("fc.bias")?.data).not.toContain(7);
  });

  it("evaluates any number of images as it evaluates each alone", async () => {
    const all = await network.forward(images, 10);
    expect(all.features.length).toBe(10 * 64);
    for (const i of [0, 3, 4, 9]) {
      const one = await network.forward(images.subarray(i * 192), 1);
      expect(one.logits).toEqual(all.logits.slice(i * 3, i * 3 + 3));
      expect(one.features).toEqual(all.features.slice(i * 64, i * 64 + 64));
    }
    expect((await network.forward(images, 0)).logits.length).toBe(0);
  });

  it("trains on a shorter last batch and counts what it got right", async () => {
    const { loss, correct } = await network.trainStep({ ...batch, count: 3 }, crossEntropy, hyper);
    expect(loss).toBeGreaterThan(0);
    expect([0, 1, 2, 3]).toContain(correct);
    for (let step = 0; step < 6; step++) await network.trainStep(batch, crossEntropy, hyper);
    expect((await network.trainStep(batch, crossEntropy, hyper)).correct).toBe(4);
  });

  it("leaves its state alone in evaluation", async () => {
    const before = await network.exportState({ momenta: true });
    await network.forward(images, 5);
    expect(await network.exportState({ momenta: true })).toEqual(before);
  });

  it("rejects a loss that is not finite, and keeps no tensors of the step", async () => {
    await network.trainStep(batch, crossEntropy, hyper);
    const { numTensors } = memory();
    const infinite: Loss = (logits, labels) => mul(crossEntropy(logits, labels), scalar(Number.POSITIVE_INFINITY));
    await expect(network.trainStep(batch, infinite, hyper)).rejects.toThrow(NonFiniteLoss);
    expect(memory().numTensors).toBe(numTensors);
  });

  it("passes on the error of a loss, keeps no tensors of the step and can go on", async () => {
    const { numTensors } = memory();
    const broken: Loss = () => {
      throw new Error("broken loss");
    };
    await expect(network.trainStep(batch, broken, hyper)).rejects.toThrow("broken loss");
    expect(memory().numTensors).toBe(numTensors);
    expect((await network.trainStep(batch, crossEntropy, hyper)).loss).toBeGreaterThan(0);
  });

  it("names what is wrong with a state, and changes nothing", async () => {
    const good = await network.exportState({ momenta: false });
    const wrong = new Map(good).set("fc.bias", { shape: [4], data: new Float32Array(4) });
    wrong.set("layer5.weight", { shape: [1], data: new Float32Array(1) }).delete("bn1.running_var");
    await expect(network.importState(wrong)).rejects.toThrow(
      /bn1\.running_var \[8\] is missing; fc\.bias is \[4\], not \[3\]; layer5\.weight is unknown\./,
    );
    const short = new Map(good).set("momentum/fc.bias", { shape: [3], data: new Float32Array(2) });
    await expect(network.importState(short)).rejects.toThrow("momentum/fc.bias is [3] with 2 numbers");
    expect(await network.exportState({ momenta: false })).toEqual(good);
  });

  it("names what is wrong with a batch", async () => {
    const step = (change: Partial<TrainBatch>) => network.trainStep({ ...batch, ...change }, crossEntropy, hyper);
    await expect(step({ count: 5 })).rejects.toThrow("A training batch has 2 to 4 images, not 5");
    await expect(step({ count: 1 })).rejects.toThrow("not 1: batch norm needs at least two");
    await expect(step({ images: images.subarray(0, 700) })).rejects.toThrow("need 768 bytes, not 700");
    await expect(step({ labels: Int32Array.of(0, 1, 3, 0) })).rejects.toThrow("Image 2 of the batch has the label 3");
    await expect(step({ labels: Int32Array.of(0) })).rejects.toThrow("4 images need 4 labels, not 1");
    await expect(network.trainStep(batch, crossEntropy, { ...hyper, lr: -1 })).rejects.toThrow("lr must be");
    await expect(network.forwardNormalised(new Float32Array(200), 1)).rejects.toThrow("are 192 numbers, not 200");
    await expect(network.forward(images, 11)).rejects.toThrow("11 RGB images of 8×8 pixels need 2112 bytes");
  });

  it("takes one call at a time and none after dispose, and gives its tensors back", async () => {
    const { numTensors } = memory();
    const pending = network.forward(images, 4);
    await expect(network.forward(images, 1)).rejects.toThrow("one call at a time");
    await pending;
    network.dispose();
    await expect(network.forward(images, 1)).rejects.toThrow("disposed");
    expect(memory().numTensors).toBe(numTensors - 102 - 62);
    engine.dispose();
    await expect(engine.createNetwork(spec, options)).rejects.toThrow("The engine has been disposed.");
  });
});
