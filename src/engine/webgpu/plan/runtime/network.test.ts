import { memory, neg, type Scalar, sum } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialState } from "../../../../networks/init.ts";
import { crossEntropy } from "../../../../training/methods/ce.ts";
import type { InputLoss } from "../../../network.ts";
import { countsBetween, created, type GpuCounts } from "../../testing/counts.ts";
import { FakeDevice, installFakeGpu } from "../../testing/fakeDevice.ts";
import { createWebGpuEngine } from "../engine.ts";
import { WebGpuNetwork } from "./network.ts";

const normalisation = { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] } as const;
const hyper = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };
const BATCH = 128;
/** Raw pixels, one byte per value: what no engine can avoid sending unless the images stay on the GPU. */
const IMAGE_BYTES = BATCH * 32 * 32 * 3;

const batch = {
  count: BATCH,
  images: new Uint8Array(IMAGE_BYTES).fill(100),
  labels: Int32Array.from({ length: BATCH }, (_, i) => i % 10),
  augmentation: {
    flip: new Uint8Array(BATCH).fill(1),
    offsetX: new Uint8Array(BATCH).fill(3),
    offsetY: new Uint8Array(BATCH).fill(8),
  },
};

/** ResNet-18 at batch 128, 32 pixels, on a GPU that counts instead of computing. */
describe.each([64, 8])("a training step at width %i", (width) => {
  const device = new FakeDevice();
  let network: WebGpuNetwork;
  let close: () => void;

  beforeAll(async () => {
    installFakeGpu(device);
    const engine = await createWebGpuEngine({ allowSoftware: false });
    const spec = { architecture: "resnet18", width, classes: 10, imageSize: 32 } as const;
    const made = await engine.createNetwork(spec, { maxBatch: BATCH, normalisation });
    if (!(made instanceof WebGpuNetwork)) throw new Error("not a WebGPU network");
    network = made;
    close = () => engine.dispose();
    await network.importState(initialState(spec, 1));
    await network.trainStep(batch, crossEntropy, hyper);
  });
  afterAll(() => close());

  async function countsOf(steps: number): Promise<GpuCounts> {
    const before = device.counts;
    for (let step = 0; step < steps; step++) await network.trainStep(batch, crossEntropy, hyper);
    return countsBetween(before, device.counts);
  }

  it("is one submit of at most 220 dispatches", async () => {
    const counts = await countsOf(1);
    console.info(`width ${width}:`, counts);
    expect(counts.submits).toBe(1);
    expect(counts.dispatches).toBeLessThanOrEqual(220);
  });

  it("sends at most 0.2 MB besides the raw images", async () => {
    const { uploadedBytes } = await countsOf(1);
    expect(uploadedBytes).toBeGreaterThanOrEqual(IMAGE_BYTES);
    expect(uploadedBytes - IMAGE_BYTES).toBeLessThanOrEqual(0.2e6);
  });

  it("fits into 1 GB, tfjs' part included", () => {
    expect(device.counts.peakBytes).toBeLessThanOrEqual(1e9);
    expect(network.classifier.bytes).toBeLessThan(device.counts.liveBytes);
  });

  it("creates nothing after the first step, and its counts are flat over 200 steps", async () => {
    const tensors = memory().numTensors;
    const before = device.counts;
    const counts = await countsOf(200);
    expect(created(counts)).toBe(0);
    expect(counts.submits).toBe(200);
    expect(counts.liveBuffers).toBe(before.liveBuffers);
    expect(counts.liveBytes).toBe(before.liveBytes);
    expect(memory().numTensors).toBe(tensors);
  });

  it("creates nothing either with evaluations and input gradients between the steps", async () => {
    const images = new Uint8Array(2 * IMAGE_BYTES);
    const input = new Float32Array(3 * 32 * 32 * 3);
    const loss: InputLoss = (logits) => neg<Scalar>(sum(logits));
    const round = async (step: number) => {
      await network.trainStep(batch, crossEntropy, hyper);
      if (step % 2) await network.inputGradient(input, 3, loss);
      else await network.forward(images, BATCH + 1 + (step % 3));
    };
    for (let step = 0; step < 6; step++) await round(step);
    const [before, kept] = [device.counts, memory()];
    for (let step = 0; step < 200; step++) await round(step);
    const counts = countsBetween(before, device.counts);
    expect(created(counts)).toBe(0);
    expect(counts.submits).toBe(200 + 100 + 2 * 100);
    expect(counts.liveBuffers).toBe(before.liveBuffers);
    expect(counts.liveBytes).toBe(before.liveBytes);
    expect(memory()).toEqual(kept);
  });

  it("evaluates with one submit per slice, creating nothing once a slice of that size has run", async () => {
    await network.forward(new Uint8Array(IMAGE_BYTES), BATCH);
    const before = device.counts;
    await network.forward(new Uint8Array(2 * IMAGE_BYTES), 2 * BATCH);
    const counts = countsBetween(before, device.counts);
    console.info(`evaluation at width ${width}:`, counts);
    expect(counts.submits).toBe(2);
    expect(created(counts)).toBe(0);
  });

  it("refuses a batch that this GPU cannot bind, with numbers", async () => {
    const engine = await createWebGpuEngine({ allowSoftware: false });
    const spec = { architecture: "resnet18", width: 64, classes: 10, imageSize: 224 } as const;
    const before = device.counts.liveBytes;
    await expect(engine.createNetwork(spec, { maxBatch: BATCH, normalisation })).rejects.toThrow(
      /needs \d+ bytes in one piece, but this GPU binds at most 134217728\. Use a smaller batch or width\./,
    );
    expect(device.counts.liveBytes).toBe(before);
    engine.dispose();
  });

  it("leaves no buffer of its own when it is disposed", () => {
    const before = device.counts;
    const own = network.classifier.bytes;
    network.dispose();
    expect(before.liveBytes - device.counts.liveBytes).toBeGreaterThanOrEqual(own);
    expect([...device.live].filter(({ label }) => label !== "")).toEqual([]);
  });
});
