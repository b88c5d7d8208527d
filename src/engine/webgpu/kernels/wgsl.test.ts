import { describe, expect, it } from "vitest";
import { Stream } from "../../../random/stream.ts";
import { convolveGradient } from "../../oracle/convolution.ts";
import { convolveInputGradient } from "./convolution/convolveInputGradient.ts";
import { possibleTiles, type Tile } from "./convolution/tile.ts";
import { sgd } from "./step/sgd.ts";
import { convolutionShape } from "./testing/cases.ts";
import { kernelWeights, normals, randomTensor, relativeError, rootOf, viewOf } from "./testing/maps.ts";
import { describeOnGpu } from "./testing/node/describeOnGpu.ts";
import { output, runKernel } from "./testing/runKernel.ts";
import { grid } from "./wgsl.ts";

describe("grid", () => {
  it("is one row as long as WebGPU allows it, then as few as possible", () => {
    expect(grid(1)).toEqual([1, 1, 1]);
    expect(grid(65_535)).toEqual([65_535, 1, 1]);
    expect(grid(65_536)).toEqual([32_768, 2, 1]);
    for (const count of [65_537, 131_071, 1_000_003]) {
      const [x, y] = grid(count);
      expect(x).toBeLessThanOrEqual(65_535);
      expect(x * y).toBeGreaterThanOrEqual(count);
      expect(x * (y - 1)).toBeLessThan(count);
    }
  });
});

describeOnGpu("a grid of several rows, with workgroups to spare", (gpu) => {
  it("computes every element once", async () => {
    const count = 4 * 256 * 5;
    const stream = new Stream(10, "grid");
    const [parameters, momenta, gradients] = [normals(stream, count), normals(stream, count), normals(stream, count)];
    const kernel = { ...sgd(count), workgroups: () => [2, 3, 1] as const };
    const results = await runKernel(gpu, kernel, 1, { parameters, momenta, gradients }, { lr: 1 });
    const expected = parameters.map((value, i) => value - (gradients[i] as number));
    expect(output(results, "parameters")).toEqual(expected);
  });

  it("computes every tile of every phase once", async () => {
    const shape = convolutionShape([9, 8], [8, 12], { kernel: 3, stride: 2, padding: 1 });
    const { x, y, window } = shape;
    const n = 4;
    const stream = new Stream(11, "grid");
    const before = randomTensor(stream, n, x);
    const dy = randomTensor(stream, n, y);
    const weight = normals(stream, 9 * 8 * 12);
    const tile = possibleTiles(gpu.limits).find(({ rows, columns }) => rows === 32 && columns === 32) as Tile;
    // Four phases of 4·5·4, 4·5·4, 4·4·4 and 4·4·4 pixels.
    const kernel = convolveInputGradient(shape, tile, true);
    expect(kernel.workgroups(n)).toEqual([3 + 3 + 2 + 2, 1, 1]);
    const results = await runKernel(gpu, { ...kernel, workgroups: () => [3, 5, 1] as const }, n, {
      dy: rootOf(y, dy),
      weights: kernelWeights(weight, 3, 8, 12),
      dx: rootOf(x, before),
    });
    const { dx } = convolveGradient(window, weight, before, dy);
    const expected = dx.data.map((value, i) => value + (before.data[i] as number));
    expect(relativeError(viewOf(x, n, output(results, "dx")).data, expected)).toBeLessThan(2e-5);
  });
});
