import { describe, expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { convolve as oracleConvolve } from "../../../oracle/convolution.ts";
import { add, relu } from "../../../oracle/pointwise.ts";
import { convolutionCases, convolutionShape, inside } from "../testing/cases.ts";
import { kernelWeights, normals, randomTensor, relativeError, rootOf, viewOf } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { type ConvolutionShape, forwardGemm } from "./convolution.ts";
import { type ConvolutionEpilogue, convolve } from "./convolve.ts";
import { chooseTile, possibleTiles, type Tile } from "./tile.ts";

const TOLERANCE = 2e-5;

describeOnGpu("convolve", (gpu) => {
  async function error(shape: ConvolutionShape, n: number, tile: Tile, epilogue: ConvolutionEpilogue | null = null) {
    const { x, y, window } = shape;
    const stream = new Stream(1, "convolve");
    const input = randomTensor(stream, n, x);
    const weight = normals(stream, window.kernel ** 2 * x.channels * y.channels);
    const bias = normals(stream, y.channels);
    const residual = randomTensor(stream, n, y);
    const results = await runKernel(gpu, convolve(shape, tile, epilogue), n, {
      x: rootOf(x, input),
      weights: kernelWeights(weight, window.kernel, x.channels, y.channels),
      y: rootOf(y, residual, -7777),
      bias,
      residual: epilogue?.residual ? rootOf(epilogue.residual, residual) : new Float32Array(),
    });
    let expected = oracleConvolve(window, weight, input);
    if (epilogue) {
      const area = y.height * y.width;
      expected.data.forEach((value, i) => {
        expected.data[i] = value + (bias[Math.floor(i / area) % y.channels] as number);
      });
      if (epilogue.residual) expected = add(expected, residual);
      if (epilogue.relu) expected = relu(expected);
    }
    const actual = viewOf(y, n, output(results, "y"));
    // Everything but the view is as it was.
    expect(rootOf(y, actual, -7777)).toEqual(output(results, "y"));
    return relativeError(actual.data, expected.data);
  }

  it.each(convolutionCases)("%s", async (_name, n, shape) => {
    const tile = chooseTile(gpu.limits, forwardGemm(shape, n));
    expect(await error(shape, n, tile)).toBeLessThan(TOLERANCE);
  });

  // One of each kind: both operands in one round, in several, in parts of one; every size of thread tile.
  it.each(
    possibleTiles(gpu.limits).filter((tile) => ["128×128", "32×64", "128×16"].includes(`${tile.rows}×${tile.columns}`)),
  )("with tiles of $rows×$columns, $threadRows×$threadColumns per thread", async (tile) => {
    const shape = convolutionShape([13, 11], [20, 148], { kernel: 3, stride: 1, padding: 1 });
    expect(await error(shape, 1, tile)).toBeLessThan(TOLERANCE);
  });

  it("reads and writes views of larger roots, with bias, residual and ReLU", async () => {
    const { x, y, window } = convolutionShape([5, 7], [8, 12], { kernel: 3, stride: 1, padding: 1 });
    const shape = { x: inside(x, 4, 8), y: inside(y, 16, 4), window };
    const tile = chooseTile(gpu.limits, forwardGemm(shape, 2));
    expect(await error(shape, 2, tile)).toBeLessThan(TOLERANCE);
    expect(await error(shape, 2, tile, { residual: null, relu: false })).toBeLessThan(TOLERANCE);
    expect(await error(shape, 2, tile, { residual: inside(y, 4, 0), relu: true })).toBeLessThan(TOLERANCE);
  });
});

describe("convolve", () => {
  it("refuses maps that its window does not connect", () => {
    const shape = convolutionShape([5, 7], [8, 12], { kernel: 3, stride: 1, padding: 1 });
    const tile = possibleTiles({ maxComputeWorkgroupStorageSize: 16_384, maxComputeInvocationsPerWorkgroup: 256 })[0];
    expect(() => convolve({ ...shape, x: { ...shape.x, height: 9 } }, tile as Tile)).toThrow(
      "A 3×3 window, stride 1, padding 1, makes 9×7 of 9×7, not 5×7.",
    );
    expect(() => convolve({ ...shape, x: { ...shape.x, channels: 12 } }, tile as Tile)).toThrow(
      "A convolution's input takes the channels 0 … 11 of a root that has 8.",
    );
  });
});
