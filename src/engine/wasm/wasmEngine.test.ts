import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, Network } from "../network.ts";
import { createNodeWasmEngine } from "./node/engine.ts";
import { testBatch, testNetwork } from "./testRun.ts";

/** What a network does when it is used wrongly, or used while something else goes on. */
const hyper = { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 };

describe.each([1, 2])("a wasm network on %i threads", (threads) => {
  let engine: Engine;
  let network: Network;
  beforeEach(async () => {
    engine = await createNodeWasmEngine({ threads, reproducible: true }, "");
    network = await testNetwork(engine, 8);
  });
  afterEach(() => engine.dispose());

  /** Every bit of parameters, running statistics and momenta. */
  async function bits(of: Network): Promise<string> {
    const hash = createHash("sha256");
    for (const [name, { data }] of await of.exportState({ momenta: true })) hash.update(name).update(data);
    return hash.digest("hex");
  }

  it("computes a small batch as if no larger one had been before it", async () => {
    await network.trainStep(testBatch(8, 0), crossEntropy, hyper);
    const fresh = await testNetwork(engine, 5);
    await fresh.importState(await network.exportState({ momenta: true }));
    for (const count of [3, 1, 5]) {
      const step = await network.trainStep(testBatch(count, count), crossEntropy, hyper);
      expect(Number.isFinite(step.loss)).toBe(true);
      expect(await fresh.trainStep(testBatch(count, count), crossEntropy, hyper)).toEqual(step);
    }
    expect(await bits(fresh)).toEqual(await bits(network));
  });

  it("refuses labels, rates and images that cannot be right, and changes nothing", async () => {
    const before = await bits(network);
    const batch = testBatch(4, 0);
    const step = (change: object, rates = hyper) => network.trainStep({ ...batch, ...change }, crossEntropy, rates);
    await expect(step({ labels: Int32Array.of(0, 1, 4, 0) })).rejects.toThrow(/[Ii]mage 2 .*label 4.* 0 to 3/);
    await expect(step({ labels: Int32Array.of(0, 1, 2, -1) })).rejects.toThrow(/[Ii]mage 3 .*label -1/);
    await expect(step({ labels: Int32Array.of(0, 1) })).rejects.toThrow("A batch of 4 images came with 2 labels.");
    await expect(step({ images: batch.images.subarray(1) })).rejects.toThrow("3072 bytes, but only 3071");
    await expect(step({}, { ...hyper, lr: Number.NaN })).rejects.toThrow("lr must be");
    await expect(network.forward(batch.images, 5)).rejects.toThrow(/5 .*images of 16×16.* 3840 bytes.* 3072/);
    await expect(network.forward(batch.images, -1)).rejects.toThrow(/-1 .*images/);
    expect(await bits(network)).toEqual(before);
  });

  it("names a tensor whose numbers do not fill its shape, and keeps its own", async () => {
    const before = await bits(network);
    const good = await network.exportState({ momenta: true });
    const state = new Map(good).set("bn1.bias", { shape: [8], data: new Float32Array(7) });
    await expect(network.importState(state)).rejects.toThrow(/bn1\.bias .*7 numbers/);
    const momentum = new Map(good).set("momentum/conv1.weight", { shape: [8, 3], data: new Float32Array(24) });
    await expect(network.importState(momentum)).rejects.toThrow("momentum/conv1.weight is [8,3], not [8,3,3,3]");
    expect(await bits(network)).toEqual(before);
  });

  it("takes one call at a time", async () => {
    const alone = await testNetwork(engine, 8);
    const expected = await alone.trainStep(testBatch(8, 0), crossEntropy, hyper);
    const pending = network.trainStep(testBatch(8, 0), crossEntropy, hyper);
    await expect(network.trainStep(testBatch(8, 1), crossEntropy, hyper)).rejects.toThrow("one call at a time");
    await expect(network.forward(testBatch(8, 1).images, 8)).rejects.toThrow("one call at a time");
    expect(await pending).toEqual(expected);
    expect(await bits(network)).toEqual(await bits(alone));
  });

  it("can be disposed in the middle of a step without harm to its neighbours", async () => {
    const neighbour = await testNetwork(engine, 8);
    for (const ticks of [0, 1, 2, 5]) {
      const doomed = await testNetwork(engine, 8);
      const step = doomed.trainStep(testBatch(8, 0), crossEntropy, hyper);
      const outcome = expect(step).rejects.toThrow("disposed");
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      doomed.dispose();
      await outcome;
      await expect(doomed.forward(testBatch(8, 0).images, 8)).rejects.toThrow("disposed");
      expect((await neighbour.trainStep(testBatch(8, 0), crossEntropy, hyper)).loss).toBeGreaterThan(0);
    }
  });

  it("rejects everything after its engine was disposed", async () => {
    engine.dispose();
    await expect(network.trainStep(testBatch(8, 0), crossEntropy, hyper)).rejects.toThrow("disposed");
    await expect(network.forward(testBatch(8, 0).images, 8)).rejects.toThrow("disposed");
    await expect(network.exportState({ momenta: true })).rejects.toThrow("disposed");
    await expect(network.importState(new Map())).rejects.toThrow("disposed");
    await expect(testNetwork(engine, 8)).rejects.toThrow("disposed");
  });

  it("lets go of disposed networks and their memory", async () => {
    const gone = await disposedNetwork(engine);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    await vi.waitFor(() => {
      collect();
      expect(gone.deref() === undefined).toBe(true);
    });
  });
});

/** In a function of its own, so that no local variable holds the network. */
async function disposedNetwork(engine: Engine): Promise<WeakRef<Network>> {
  const network = await testNetwork(engine, 8);
  await network.trainStep(testBatch(8, 0), crossEntropy, hyper);
  network.dispose();
  return new WeakRef(network);
}
