import { expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { batchNorm, batchStatistics, type NormStatistics, updateRunning } from "../../../oracle/batchNorm.ts";
import { convolve as oracleConvolve } from "../../../oracle/convolution.ts";
import { type MapView, wholeMap } from "../kernel.ts";
import { inside } from "../testing/cases.ts";
import { kernelWeights, normals, randomTensor, relativeError, rootOf } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import type { TestGpu } from "../testing/testGpu.ts";
import { foldNorm, foldWeights, normFloats } from "./norm.ts";
import { chooseSlabs, type Slabs, slabCount } from "./slabs.ts";
import { statisticsFinalise, statisticsPartial } from "./statistics.ts";

const TOLERANCE = 2e-5;

/** Scale, bias, mean and 1/σ, one after the other. */
function normRows({ mean, variance }: NormStatistics, gain: Float32Array, bias: Float32Array): Float64Array[] {
  const inverse = variance.map((v) => 1 / Math.sqrt(v + 1e-5));
  return [inverse.map((s, c) => s * (gain[c] as number)), Float64Array.from(bias), mean, inverse];
}

function expectRows(actual: Float32Array, rows: readonly Float64Array[]): void {
  const channels = actual.length / rows.length;
  for (const [row, expected] of rows.entries()) {
    expect(relativeError(actual.subarray(row * channels, (row + 1) * channels), expected)).toBeLessThan(TOLERANCE);
  }
}

describeOnGpu("batch statistics", (gpu) => {
  async function compare(gpu: TestGpu, view: MapView, slabs: Slabs, n: number, mean: number, deviation: number) {
    const { channels } = view;
    const stream = new Stream(3, "statistics");
    const x = randomTensor(stream, n, view);
    x.data.forEach((value, i) => {
      x.data[i] = Math.fround(mean + deviation * value);
    });
    const gain = normals(stream, channels);
    const bias = normals(stream, channels);
    const running = {
      mean: Float64Array.from(normals(stream, channels)),
      variance: new Float64Array(channels).fill(2),
    };
    const partials = new Float32Array(slabCount(slabs, view, n) * 2 * channels).fill(Number.NaN);
    const sums = await runKernel(gpu, statisticsPartial(view, slabs), n, { x: rootOf(view, x), partials });
    const results = await runKernel(gpu, statisticsFinalise(view, slabs), n, {
      partials: output(sums, "partials"),
      gain,
      bias,
      runningMean: Float32Array.from(running.mean),
      runningVariance: Float32Array.from(running.variance),
      norm: new Float32Array(normFloats(channels)).fill(Number.NaN),
    });
    const statistics = batchStatistics(x);
    updateRunning(running, statistics, x);
    expectRows(output(results, "norm"), normRows(statistics, gain, bias));
    expect(relativeError(output(results, "runningMean"), running.mean)).toBeLessThan(TOLERANCE);
    expect(relativeError(output(results, "runningVariance"), running.variance)).toBeLessThan(TOLERANCE);
  }

  it.each([
    [4, 1, 2, 3],
    [12, 3, 5, 7],
    [16, 2, 8, 8],
    [72, 2, 9, 3],
  ] as const)(
    "of %i channels, %i images of %i×%i, in slabs of one size and another",
    async (channels, n, height, width) => {
      const view = wholeMap(height, width, channels);
      await compare(gpu, view, chooseSlabs(view, n), n, 0.5, 2);
      await compare(gpu, view, { pixels: 17 }, n, 0.5, 2);
    },
  );

  it("of a view of a larger root whose mean is 1000 times its deviation", async () => {
    const view = inside(wholeMap(13, 11, 8), 4, 4);
    await compare(gpu, view, { pixels: 64 }, 3, 100, 0.1);
  });
});

describeOnGpu("running statistics", (gpu) => {
  it("become a norm, and fold into a convolution's weights", async () => {
    const [cin, cout, kernel, n] = [4, 12, 3, 2];
    const stream = new Stream(4, "fold");
    const gain = normals(stream, cout);
    const bias = normals(stream, cout);
    const mean = normals(stream, cout);
    const variance = normals(stream, cout).map((v) => v * v);
    const statistics = { mean: Float64Array.from(mean), variance: Float64Array.from(variance) };
    const folded = await runKernel(gpu, foldNorm(cout), 1, {
      gain,
      bias,
      runningMean: mean,
      runningVariance: variance,
      norm: new Float32Array(normFloats(cout)),
    });
    const norm = output(folded, "norm");
    expectRows(norm, normRows(statistics, gain, bias));

    const weight = normals(stream, kernel ** 2 * cin * cout);
    const results = await runKernel(gpu, foldWeights(kernel ** 2 * cin, cout), 1, {
      weights: kernelWeights(weight, kernel, cin, cout),
      norm,
      folded: new Float32Array(weight.length),
      foldedBias: new Float32Array(cout),
    });
    const window = { kernel, stride: 1, padding: 1 };
    const x = randomTensor(stream, n, wholeMap(3, 3, cin));
    const expected = batchNorm(oracleConvolve(window, weight, x), statistics, gain, bias);
    const actual = oracleConvolve(window, oracleWeights(output(results, "folded"), kernel, cin, cout), x);
    const foldedBias = output(results, "foldedBias");
    const shifted = actual.data.map((value, i) => value + (foldedBias[Math.floor(i / 9) % cout] as number));
    expect(relativeError(shifted, expected.data)).toBeLessThan(TOLERANCE);
  });
});

/** The way back from `kernelWeights`. */
function oracleWeights(weights: Float32Array, kernel: number, cin: number, cout: number): Float64Array {
  const places = kernelWeights(
    Array.from(weights, (_, i) => i),
    kernel,
    cin,
    cout,
  );
  const weight = new Float64Array(weights.length);
  places.forEach((place, i) => {
    weight[place] = weights[i] as number;
  });
  return weight;
}
