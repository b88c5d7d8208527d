import { expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { convolveGradient } from "../../../oracle/convolution.ts";
import { convolutionCases, convolutionShape, inside } from "../testing/cases.ts";
import { kernelWeights, normals, randomTensor, relativeError, rootOf, viewOf } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { type ConvolutionShape, inputGradientGemm, weightGradientGemm } from "./convolution.ts";
import { convolveInputGradient } from "./convolveInputGradient.ts";
import { convolveWeightGradient, sumSplits } from "./convolveWeightGradient.ts";
import { chooseTile } from "./tile.ts";

const TOLERANCE = 2e-5;

function problem({ x, y, window }: ConvolutionShape, n: number) {
  const stream = new Stream(2, "convolve");
  const input = randomTensor(stream, n, x);
  const weight = normals(stream, window.kernel ** 2 * x.channels * y.channels);
  const dy = randomTensor(stream, n, y);
  return { input, weight, dy, expected: convolveGradient(window, weight, input, dy) };
}

describeOnGpu("convolveInputGradient", (gpu) => {
  async function error(shape: ConvolutionShape, n: number, accumulate: boolean): Promise<number> {
    const { x, y, window } = shape;
    const { input, weight, dy, expected } = problem(shape, n);
    const tile = chooseTile(gpu.limits, inputGradientGemm(shape, n));
    const results = await runKernel(gpu, convolveInputGradient(shape, tile, accumulate), n, {
      dy: rootOf(y, dy),
      weights: kernelWeights(weight, window.kernel, x.channels, y.channels),
      dx: rootOf(x, input, -7777),
    });
    const actual = viewOf(x, n, output(results, "dx"));
    expect(rootOf(x, actual, -7777)).toEqual(output(results, "dx"));
    const before = accumulate ? input.data : new Float64Array(input.data.length);
    return relativeError(
      actual.data,
      expected.dx.data.map((value, i) => value + (before[i] as number)),
    );
  }

  it.each(convolutionCases)("%s", async (_name, n, shape) => {
    expect(await error(shape, n, false)).toBeLessThan(TOLERANCE);
  });

  it("adds to views of larger roots, also where no tap reaches a pixel", async () => {
    for (const [kernel, padding] of [
      [3, 1],
      [1, 0],
    ] as const) {
      const { x, y, window } = convolutionShape([7, 6], [8, 12], { kernel, stride: 2, padding });
      expect(await error({ x: inside(x, 4, 8), y: inside(y, 16, 4), window }, 2, true)).toBeLessThan(TOLERANCE);
    }
  });
});

describeOnGpu("convolveWeightGradient", (gpu) => {
  async function error(shape: ConvolutionShape, n: number, splits: number): Promise<number> {
    const { x, y, window } = shape;
    const { input, weight, dy, expected } = problem(shape, n);
    const tile = chooseTile(gpu.limits, weightGradientGemm(shape, n));
    const count = weight.length;
    const results = await runKernel(gpu, convolveWeightGradient(shape, tile, splits), n, {
      x: rootOf(x, input),
      dy: rootOf(y, dy),
      dWeights: new Float32Array(splits * count).fill(Number.NaN),
    });
    let sums = output(results, "dWeights");
    if (splits > 1) {
      const given = { partials: sums, sums: new Float32Array(count).fill(Number.NaN) };
      sums = output(await runKernel(gpu, sumSplits(count, splits), n, given), "sums");
    }
    return relativeError(sums, kernelWeights(expected.dWeight, window.kernel, x.channels, y.channels));
  }

  it.each(convolutionCases)("%s", async (_name, n, shape) => {
    expect(await error(shape, n, 1)).toBeLessThan(TOLERANCE);
  });

  it.each([2, 5, 60])("of views, in %i splits", async (splits) => {
    const { x, y, window } = convolutionShape([9, 8], [8, 12], { kernel: 3, stride: 1, padding: 1 });
    expect(await error({ x: inside(x, 4, 8), y: inside(y, 16, 4), window }, 2, splits)).toBeLessThan(TOLERANCE);
  });
});
