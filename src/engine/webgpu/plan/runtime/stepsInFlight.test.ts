import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialState } from "../../../../networks/init.ts";
import { crossEntropy } from "../../../../training/methods/ce.ts";
import type { Engine, Network } from "../../../network.ts";
import { countsBetween, created } from "../../testing/counts.ts";
import { FakeDevice, installFakeGpu } from "../../testing/fakeDevice.ts";
import { createWebGpuEngine } from "../engine.ts";

const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 8 } as const;
const batch = { count: 4, images: new Uint8Array(4 * 8 * 8 * 3), labels: new Int32Array(4), augmentation: null };

/** On a GPU that counts instead of computing: its answers come in the turn after the submit. */
describe("training steps under way", () => {
  const device = new FakeDevice();
  let engine: Engine;
  let network: Network;
  const step = () => network.trainStep(batch, crossEntropy, { lr: 0.1, momentum: 0.9, weightDecay: 0 });

  beforeAll(async () => {
    installFakeGpu(device);
    engine = await createWebGpuEngine({ allowSoftware: false });
    const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
    network = await engine.createNetwork(spec, { maxBatch: 4, normalisation });
    await network.importState(initialState(spec, 1));
    await step();
  });
  afterAll(() => engine.dispose());

  it("are two at most, one submit each, and create nothing", async () => {
    const before = device.counts;
    const two = [step(), step()];
    await expect(step()).rejects.toThrow("This network is busy: 2 training steps at a time.");
    await Promise.all(two);
    const counts = countsBetween(before, device.counts);
    expect(counts.submits).toBe(2);
    expect(created(counts)).toBe(0);
    await expect(step()).resolves.toMatchObject({ loss: 0 });
  });

  it("exclude every other call", async () => {
    const two = [step(), step()];
    await expect(network.forward(batch.images, 4)).rejects.toThrow("This network is busy: it trains.");
    await expect(network.exportState({ momenta: true })).rejects.toThrow("This network is busy: it trains.");
    await Promise.all(two);
    const pass = network.forward(batch.images, 4);
    await expect(step()).rejects.toThrow("This network is busy: one call at a time.");
    await pass;
  });

  it("leave the network usable when the loss of one throws", async () => {
    const failing = network.trainStep(
      batch,
      () => {
        throw new Error("no such loss");
      },
      { lr: 0.1, momentum: 0.9, weightDecay: 0 },
    );
    const next = step();
    await expect(failing).rejects.toThrow("no such loss");
    await expect(next).resolves.toMatchObject({ loss: 0 });
  });

  it("all reject when the network is disposed", async () => {
    const two = Promise.allSettled([step(), step()]);
    network.dispose();
    for (const outcome of await two) {
      expect(outcome).toMatchObject({ status: "rejected", reason: new Error("This network was disposed.") });
    }
  });
});
