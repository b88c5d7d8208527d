import { memory } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { initialState } from "../../networks/init.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { BackendRequest } from "../backend.ts";
import type { Engine, Loss, Network } from "../network.ts";
import { chooseEngine } from "../select.ts";
import { selfTestNumbers } from "../selfTest.ts";
import { GpuFault } from "../webgpu/faults.ts";
import { acquireGpu } from "../webgpu/gpu.ts";
import { createTapeEngine, tapeMakers } from "./tapeEngine.ts";
import { relativeDifference } from "./testing/goldenFill.ts";

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const engine of open.splice(0).reverse()) engine.dispose();
});

async function engineOn(backend: "webgpu" | "cpu"): Promise<Engine> {
  const engine = await createTapeEngine(backend === "cpu" ? { backend } : { backend, allowSoftware: true });
  open.push(engine);
  return engine;
}

const spec = { architecture: "resnet18", width: 8, classes: 3, imageSize: 8 } as const;
const hyper = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const images = Uint8Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => (i * 97 + ((i >> 4) % 7) * 31) % 256);
const batch = { count: 4, images, labels: Int32Array.of(0, 1, 2, 1), augmentation: null };

async function gpuNetwork(): Promise<Network> {
  const network = await (await engineOn("webgpu")).createNetwork(spec, {
    maxBatch: 4,
    normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  });
  await network.importState(initialState(spec, 1));
  return network;
}

async function sharedGpu() {
  const gpu = await acquireGpu({ allowSoftware: true });
  open.push({ dispose: () => gpu.release() });
  return gpu;
}

describe("the tape on WebGPU", () => {
  it("trains two steps and evaluates like the CPU, and passes the self-test", async () => {
    const request: BackendRequest = { backend: "tape", threads: 0, reproducible: false, allowSoftware: true };
    const other = () => Promise.reject(new Error("not asked for"));
    const engine = await chooseEngine(request, { ...tapeMakers, webgpu: other, wasm: other });
    open.push(engine);
    expect(engine.backend).toMatchObject({ name: "tape", threads: 1, software: true });
    expect(engine.backend.adapter).toMatch(/swiftshader/i);
    const gpu = await selfTestNumbers(engine);
    const cpu = await selfTestNumbers(await engineOn("cpu"));
    expect(relativeDifference(gpu.losses, Float32Array.from(cpu.losses))).toBeLessThan(2e-5);
    expect(relativeDifference(gpu.logits, cpu.logits)).toBeLessThan(2e-5);
    expect(gpu.state.size).toBe(102 + 62);
    const errors = Array.from(cpu.state, ([name, { data }]) => ({
      name,
      error: relativeDifference(gpu.state.get(name)?.data ?? [], data),
    }));
    errors.sort((a, b) => b.error - a.error);
    console.info("largest deviation from the CPU:", errors[0]);
    for (const { name, error } of errors) expect(error, name).toBeLessThan(2e-5);
  });

  it("keeps memory flat, short slices included; rejects every call once the device is lost", async () => {
    const network = await gpuNetwork();
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      await network.trainStep(batch, crossEntropy, hyper);
      await network.forward(images, 3);
      const now = memory() as ReturnType<typeof memory> & { numBytesAllocatedInGPU: number };
      seen.push([now.numTensors, round === 0 ? 0 : now.numBytesAllocatedInGPU]);
    }
    console.info("tensors and GPU bytes:", JSON.stringify(seen));
    const [[tensors] = [], , last] = seen as number[][];
    expect(seen).toEqual([[tensors, 0], last, last]);

    const { device } = await sharedGpu();
    const pending = network.trainStep(batch, crossEntropy, hyper);
    device.destroy();
    await expect(pending).rejects.toThrow(GpuFault);
    await expect(network.trainStep(batch, crossEntropy, hyper)).rejects.toThrow(/lost: .* start again from it/);
    await expect(network.forward(images, 4)).rejects.toThrow(GpuFault);
    await expect(network.exportState({ momenta: false })).rejects.toThrow(GpuFault);

    const next = await gpuNetwork();
    expect((await next.forward(images, 1)).logits.length).toBe(3);
  });

  it("rejects when the GPU refuses a command", async () => {
    const network = await gpuNetwork();
    const { device } = await sharedGpu();
    const invalid: Loss = (logits, labels) => {
      device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
      return crossEntropy(logits, labels);
    };
    await expect(network.trainStep(batch, invalid, hyper)).rejects.toThrow(/The GPU rejected a command: .*MapRead/);
    await expect(network.trainStep(batch, crossEntropy, hyper)).rejects.toThrow(GpuFault);
  });

  it("does not take a software adapter by itself", async () => {
    await expect(createTapeEngine({ backend: "webgpu", allowSoftware: false })).rejects.toThrow(
      "only a software adapter (SwiftShader)",
    );
  });
});
