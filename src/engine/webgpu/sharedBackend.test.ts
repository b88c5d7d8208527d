import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import { activate } from "../tfjs.ts";
import { BindGroupCache } from "./bindGroupCache.ts";
import { acquireGpu, type Gpu } from "./gpu.ts";
import { countsBetween, created } from "./testing/counts.ts";
import { FakeDevice, installFakeGpu } from "./testing/fakeDevice.ts";

const device = new FakeDevice();
let gpu: Gpu;
beforeAll(async () => {
  installFakeGpu(device);
  gpu = await acquireGpu({ allowSoftware: false });
});
afterAll(() => gpu.release());

const labels = Int32Array.from({ length: 128 }, (_, i) => i % 10);

/** A linear head with its gradients on buffers of ours, as a training step uses it. */
function headStep(groups: BindGroupCache, buffers: readonly GPUBuffer[]): void {
  gpu.tfjs.submitOnce(groups, () => {
    gpu.tfjs.record((encoder) => encoder.beginComputePass().end());
    const shapes = [[128, 512], [10, 512], [10]];
    const tensors = buffers.map((buffer, i) => tf.tensor({ buffer, zeroCopy: true }, shapes[i]));
    const { value, grads } = tf.valueAndGrads((x, w, b) =>
      crossEntropy(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true), b), labels),
    )(tensors);
    for (const tensor of [value, ...grads]) expect(gpu.tfjs.bufferOf(tensor)).toBeInstanceOf(GPUBuffer);
    gpu.tfjs.record((encoder) => encoder.beginComputePass().end());
    tf.dispose([value, grads, tensors]);
  });
}

describe("tfjs' command stream shared with ours", () => {
  it("makes one command buffer of a step, and no object once the step has run", () => {
    activate("webgpu");
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    const buffers = [128 * 512, 5120, 10].map((count) => gpu.device.createBuffer({ size: count * 4, usage }));
    const groups = new BindGroupCache();
    headStep(groups, buffers);
    const before = device.counts;
    const tensors = tf.memory().numTensors;
    for (let step = 0; step < 5; step++) headStep(groups, buffers);
    const counts = countsBetween(before, device.counts);
    expect(counts.submits).toBe(5);
    expect(created(counts)).toBe(0);
    expect(counts.dispatches).toBeGreaterThan(5 * 10);
    expect(counts.liveBuffers).toBe(before.liveBuffers);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const buffer of buffers) buffer.destroy();
  });

  it("discards what was recorded if the work fails, and goes on", () => {
    activate("webgpu");
    const groups = new BindGroupCache();
    const before = device.counts;
    expect(() =>
      gpu.tfjs.submitOnce(groups, () => {
        gpu.tfjs.record((encoder) => encoder.beginComputePass().end());
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    expect(countsBetween(before, device.counts).submits).toBe(0);
    gpu.tfjs.submitOnce(groups, () => gpu.tfjs.record((encoder) => encoder.beginComputePass().end()));
    expect(countsBetween(before, device.counts)).toMatchObject({ submits: 1, passes: 1 });
  });

  it("refuses to record outside", () => {
    expect(() => gpu.tfjs.record(() => {})).toThrow("within submitOnce only");
  });
});
