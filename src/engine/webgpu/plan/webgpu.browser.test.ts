import { memory, mul, type Scalar } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initialState } from "../../../networks/init.ts";
import { crossEntropy } from "../../../training/methods/ce.ts";
import type { BackendRequest } from "../../backend.ts";
import { type Engine, type Network, NonFiniteLoss } from "../../network.ts";
import { chooseEngine } from "../../select.ts";
import { GpuFault } from "../faults.ts";
import { acquireGpu, type Gpu } from "../gpu.ts";
import { createWebGpuEngine, webGpuMaker } from "./engine.ts";
import { GpuClassifier } from "./runtime/classifier.ts";
import { testArchitectures } from "./testing/trunks.ts";

/** The network of the self-test: its kernels are compiled already. */
const spec = { architecture: "resnet18", width: 8, classes: 4, imageSize: 16 } as const;
const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
const hyper = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const images = Uint8Array.from({ length: 4 * 16 * 16 * 3 }, (_, i) => (i * 97 + ((i >> 4) % 7) * 31) % 256);
const batch = { count: 4, images, labels: Int32Array.of(0, 1, 2, 1), augmentation: null };

/** In this order: the last test closes the device. */
describe.sequential("the plan engine on WebGPU", () => {
  let engine: Engine;
  let network: Network;

  beforeAll(async () => {
    const request: BackendRequest = { backend: "webgpu", threads: 0, reproducible: false, allowSoftware: true };
    const other = () => Promise.reject(new Error("not asked for"));
    engine = await chooseEngine(request, { webgpu: webGpuMaker, wasm: other, tape: other, cpu: other });
    network = await engine.createNetwork(spec, { maxBatch: 4, normalisation });
    await network.importState(initialState(spec, 1));
    // A software GPU compiles for half a minute.
  }, 120_000);
  afterAll(() => engine.dispose());

  it("has passed the self-test, asked for by name", () => {
    expect(engine.backend).toMatchObject({ name: "webgpu", threads: 1, software: true });
    expect(engine.backend.adapter).toMatch(/swiftshader/i);
    expect(engine.backend.variant).toMatch(/^tiles for \d+ threads, \d+ KiB$/);
  });

  it("keeps memory flat, short slices included", async () => {
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      await network.trainStep(batch, crossEntropy, hyper);
      await network.forward(images, 3);
      const now = memory() as ReturnType<typeof memory> & { numBytesAllocatedInGPU: number };
      seen.push([now.numTensors, now.numBytesAllocatedInGPU]);
    }
    expect(seen).toEqual([seen[0], seen[0], seen[0]]);
  });

  it("trains and evaluates to the same bits from the same state", async () => {
    const state = await network.exportState({ momenta: true });
    const run = async () => {
      await network.importState(state);
      const { loss } = await network.trainStep(batch, crossEntropy, hyper);
      return { loss, ...(await network.forward(images, 4)), state: await network.exportState({ momenta: true }) };
    };
    expect(await run()).toEqual(await run());
  });

  it("names a loss that is not finite; a network disposed in the middle of a call leaves the others alone", async () => {
    const other = await engine.createNetwork(spec, { maxBatch: 4, normalisation });
    const broken = other.trainStep(batch, (logits, labels) => mul<Scalar>(crossEntropy(logits, labels), NaN), hyper);
    await expect(broken).rejects.toThrow(NonFiniteLoss);
    const pending = other.trainStep(batch, crossEntropy, hyper);
    await expect(other.forward(images, 1)).rejects.toThrow("busy: it trains");
    other.dispose();
    await expect(pending).rejects.toThrow("disposed");
    await expect(other.forward(images, 1)).rejects.toThrow("disposed");
    expect((await network.forward(images, 1)).logits.length).toBe(4);
  });

  it("rejects every call once the device is lost, and another device can be had", async () => {
    const gpu = await acquireGpu({ allowSoftware: true });
    const pending = network.trainStep(batch, crossEntropy, hyper);
    gpu.device.destroy();
    await expect(pending).rejects.toThrow(GpuFault);
    await expect(network.trainStep(batch, crossEntropy, hyper)).rejects.toThrow(/lost: .* start again from it/);
    await expect(network.forward(images, 4)).rejects.toThrow(GpuFault);
    await expect(network.exportState({ momenta: false })).rejects.toThrow(GpuFault);
    gpu.release();

    const next = await createWebGpuEngine({ allowSoftware: true });
    const fresh = await next.createNetwork(spec, { maxBatch: 4, normalisation });
    const state = initialState(spec, 2);
    await fresh.importState(state);
    expect(await fresh.exportState({ momenta: false })).toEqual(state);
    next.dispose();
  });
});

describe("a command that the GPU refuses", () => {
  it("rejects the step and everything after it", async () => {
    const gpu: Gpu = await acquireGpu({ allowSoftware: true });
    const architecture = (testArchitectures.bare as (typeof testArchitectures)[string])();
    const classifier = new GpuClassifier(gpu, architecture, { maxBatch: 2, normalisation });
    const labels = Int32Array.of(0, 1);
    const step = async () => {
      const { result } = await classifier.train(
        { n: 2, write: (inputs) => inputs.writeNormalised(new Float32Array(2 * 5 * 4 * 3)) },
        (logits) => {
          gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
          return crossEntropy(logits, labels);
        },
        hyper,
      );
      return result;
    };
    await expect(step()).rejects.toThrow(/The GPU rejected a command: .*MapRead/);
    await expect(step()).rejects.toThrow(GpuFault);
    classifier.dispose();
    gpu.release();
  });
});
