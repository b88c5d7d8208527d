import { memory } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import { GpuFault } from "../../webgpu/faults.ts";
import { acquireGpu } from "../../webgpu/gpu.ts";
import type { ConvolutionForm, ImageOps } from "../imageOps.ts";
import { opsContract } from "../opsContract.ts";
import { plainOps } from "../plain/plainOps.ts";
import { Tensor } from "../testing/tensor.ts";
import { openWebGpuOps } from "./open.ts";
import { selfTest, selfTestNumbers } from "./selfTest.ts";
import { WebGpuOps } from "./webGpuOps.ts";

const allowSoftware = true;
const open: ImageOps[] = [];
afterEach(() => {
  for (const ops of open.splice(0)) ops.dispose();
});

async function opened(scores?: number): Promise<{ ops: WebGpuOps; destroy: () => void }> {
  const gpu = await acquireGpu({ allowSoftware });
  const ops = new WebGpuOps(gpu, scores);
  open.push(ops);
  return { ops, destroy: () => gpu.device.destroy() };
}

const same: ConvolutionForm = { up: "none", stride: 1, padding: [1, 1, 1, 1] };
const up = (ops: ImageOps, tensor: Tensor) => ops.upload(tensor.floats, tensor.shape);

describe("image operations on WebGPU", () => {
  opsContract(async () => (await openWebGpuOps({ allowSoftware })).ops, 2e-6);
});

describe("their memory", () => {
  it("is reused: the same network again takes no more of it", async () => {
    const { ops } = await opened();
    await selfTestNumbers(ops);
    await selfTestNumbers(ops);
    const before = { held: ops.bytes, tensors: memory().numTensors, gpu: allocated() };
    for (let i = 0; i < 3; i++) await selfTestNumbers(ops);
    expect({ held: ops.bytes, tensors: memory().numTensors, gpu: allocated() }).toEqual(before);
    expect(before.held).toBe(0);
  });
});

/** Bytes of all buffers on the GPU, free ones too. */
function allocated(): number {
  return (memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
}

describe("attention", () => {
  it("is the same in tiles of images, of queries and as a whole", async () => {
    const q = Tensor.seeded("q", [3, 4, 5, 3]);
    const k = Tensor.seeded("k", [3, 4, 2, 4]);
    const v = Tensor.seeded("v", [3, 6, 2, 4]);
    const results: Float32Array[] = [];
    // A row of scores has 8 keys, an image 15 rows.
    for (const scores of [2 ** 20, 4 * 8 * 15 * 2, 4 * 8 * 7, 1]) {
      const { ops } = await opened(scores);
      results.push(await ops.read(ops.attention(up(ops, q), up(ops, k), up(ops, v), 0.5)));
    }
    const [whole, ...tiled] = results;
    for (const result of tiled) expect(largestDifference(result, whole)).toBeLessThan(1e-6);
  });
});

describe("long sums", () => {
  it("have the same bits every time", async () => {
    const { ops } = await opened();
    const x = up(ops, Tensor.seeded("x", [1, 512, 4, 4]));
    const weight = Tensor.seeded("w", [32, 512, 3, 3]);
    const weights = ops.convolutionWeights(weight.floats, weight.shape, same);
    const once = await ops.read(ops.convolution(x, weights));
    for (let i = 0; i < 4; i++) expect(await ops.read(ops.convolution(x, weights))).toEqual(once);
    const plain = plainOps();
    const plainWeights = plain.convolutionWeights(weight.floats, weight.shape, same);
    const expected = await plain.read(plain.convolution(up(plain, Tensor.seeded("x", [1, 512, 4, 4])), plainWeights));
    expect(largestDifference(once, expected)).toBeLessThan(1e-3);
  });
});

describe("the self-test", () => {
  it("refuses operations that compute wrongly", async () => {
    const wrong = plainOps();
    const { averagePool } = wrong;
    wrong.averagePool = (x, window) => wrong.add(averagePool.call(wrong, x, window), wrong.globalAverage(x), 1.001);
    await expect(selfTest(wrong)).rejects.toThrow(/came out wrong by \d/);
  });
});

describe("a lost device", () => {
  it("is a failure, and rejects what waits and what comes after", async () => {
    const { ops, destroy } = await opened();
    expect(ops.failure).toBeNull();
    const x = up(ops, Tensor.seeded("x", [1, 4, 4, 4]));
    destroy();
    await expect(ops.read(ops.add(x, x))).rejects.toThrow(GpuFault);
    expect(ops.failure).toBeInstanceOf(GpuFault);
    await expect(ops.read(x)).rejects.toThrow(GpuFault);
  });
});

function largestDifference(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (!a || !b || a.length !== b.length) return Number.NaN;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}
