import { memory } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { initialState } from "../../../networks/init.ts";
import { crossEntropy } from "../../../training/methods/ce.ts";
import type { BackendRequest } from "../../backend.ts";
import type { Engine, Loss, Network } from "../../network.ts";
import { chooseEngine } from "../../select.ts";
import { GpuFault } from "../faults.ts";
import { acquireGpu } from "../gpu.ts";
import { createWebGpuEngine, webGpuMaker } from "./engine.ts";
import { evaluationErrors, trainingErrors } from "./testing/scenarios.ts";

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const engine of open.splice(0).reverse()) engine.dispose();
});

function opened(engine: Engine): Engine {
  open.push(engine);
  return engine;
}

const spec = { architecture: "resnet18", width: 8, classes: 3, imageSize: 8 } as const;
const hyper = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const images = Uint8Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => (i * 97 + ((i >> 4) % 7) * 31) % 256);
const batch = { count: 4, images, labels: Int32Array.of(0, 1, 2, 1), augmentation: null };

async function smallNetwork(): Promise<Network> {
  const engine = opened(await createWebGpuEngine({ allowSoftware: true }));
  const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  const network = await engine.createNetwork(spec, { maxBatch: 4, normalisation });
  await network.importState(initialState(spec, 1));
  return network;
}

describe("the plan engine on WebGPU", () => {
  it("passes the self-test when it is asked for by name", async () => {
    const request: BackendRequest = { backend: "webgpu", threads: 0, reproducible: false, allowSoftware: true };
    const other = () => Promise.reject(new Error("not asked for"));
    const makers = { webgpu: webGpuMaker, wasm: other, tape: other, cpu: other };
    const engine = opened(await chooseEngine(request, makers));
    expect(engine.backend).toMatchObject({ name: "webgpu", threads: 1, software: true });
    expect(engine.backend.adapter).toMatch(/swiftshader/i);
  });

  it("computes as the oracle where a network has strides, pools and sums", async () => {
    const errors = { ...(await trainingErrors("strided", 3, 4)), ...(await evaluationErrors("strided", 2, 4)) };
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-5);
  });

  it("keeps memory flat, short slices included; rejects every call once the device is lost", async () => {
    const network = await smallNetwork();
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      await network.trainStep(batch, crossEntropy, hyper);
      await network.forward(images, 3);
      const now = memory() as ReturnType<typeof memory> & { numBytesAllocatedInGPU: number };
      seen.push([now.numTensors, now.numBytesAllocatedInGPU]);
    }
    expect(seen).toEqual([seen[0], seen[0], seen[0]]);

    const gpu = await acquireGpu({ allowSoftware: true });
    open.push({ dispose: () => gpu.release() });
    const pending = network.trainStep(batch, crossEntropy, hyper);
    gpu.device.destroy();
    await expect(pending).rejects.toThrow(GpuFault);
    await expect(network.trainStep(batch, crossEntropy, hyper)).rejects.toThrow(/lost: .* start again from it/);
    await expect(network.forward(images, 4)).rejects.toThrow(GpuFault);
    await expect(network.exportState({ momenta: false })).rejects.toThrow(GpuFault);

    const next = await smallNetwork();
    expect((await next.forward(images, 1)).logits.length).toBe(3);
  });

  it("rejects when the GPU refuses a command", async () => {
    const network = await smallNetwork();
    const gpu = await acquireGpu({ allowSoftware: true });
    open.push({ dispose: () => gpu.release() });
    const invalid: Loss = (logits, labels) => {
      gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
      return crossEntropy(logits, labels);
    };
    await expect(network.trainStep(batch, invalid, hyper)).rejects.toThrow(/The GPU rejected a command: .*MapRead/);
    await expect(network.trainStep(batch, crossEntropy, hyper)).rejects.toThrow(GpuFault);
  });
});
