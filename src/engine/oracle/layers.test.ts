import { describe, expect, it } from "vitest";
import type { MapShape, Window } from "../../networks/trunk.ts";
import { Stream } from "../../random/stream.ts";
import { batchNorm, batchNormGradient, batchStatistics, updateRunning } from "./batchNorm.ts";
import { convolve, convolveGradient } from "./convolution.ts";
import { add, concat, concatGradient, relu, reluGradient } from "./pointwise.ts";
import {
  averagePool,
  averagePoolGradient,
  globalAverage,
  globalAverageGradient,
  maxPool,
  maxPoolGradient,
} from "./pool.ts";
import { type Tensor, tensor } from "./tensor.ts";
import { gradientError } from "./testing/finiteDifferences.ts";

function noise(name: string, length: number): Float64Array {
  const stream = new Stream(1, name);
  return Float64Array.from({ length }, () => stream.uniform(-1, 1));
}

function random(name: string, n: number, channels: number, height: number, width: number): Tensor {
  return tensor(n, { channels, height, width }, noise(name, n * channels * height * width));
}

/** A loss that weighs every output differently: Σ weight · y; the weights are its gradient by y. */
function weighed(y: Tensor): { dy: Tensor; loss: (y: Tensor) => number } {
  const dy = random("loss", y.n, y.channels, y.height, y.width);
  return { dy, loss: ({ data }) => data.reduce((sum, value, i) => sum + value * (dy.data[i] as number), 0) };
}

const sides = ({ channels, height, width }: MapShape) => [channels, height, width];

describe("convolution", () => {
  it("adds up the products of the window, padding left out", () => {
    const x = tensor(1, { channels: 2, height: 2, width: 3 }, [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
    const weight = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    const y = convolve({ kernel: 3, stride: 1, padding: 1 }, weight, x);
    expect([...y.data]).toEqual([2 + 15 + 10, 4 + 18 + 20, 6 + 30, 8 + 40, 10 + 1 + 50, 12 + 2 + 60]);
    const strided = convolve({ kernel: 2, stride: 2, padding: 1 }, [1, 1, 1, 1, 1, 1, 1, 1], x);
    expect(sides(strided)).toEqual([1, 2, 2]);
    expect([...strided.data]).toEqual([11, 55, 44, 121]);
  });

  it.each([
    { kernel: 1, stride: 1, padding: 0 },
    { kernel: 1, stride: 2, padding: 0 },
    { kernel: 3, stride: 1, padding: 1 },
    { kernel: 3, stride: 2, padding: 1 },
    { kernel: 3, stride: 3, padding: 2 },
    { kernel: 5, stride: 2, padding: 0 },
    { kernel: 7, stride: 2, padding: 3 },
  ])("has the gradient of finite differences: kernel $kernel, stride $stride, padding $padding", (window: Window) => {
    const x = random("x", 2, 3, 7, 10);
    const weight = noise("weight", 4 * 3 * window.kernel ** 2);
    const { dy, loss } = weighed(convolve(window, weight, x));
    const { dx, dWeight } = convolveGradient(window, weight, x, dy);
    const now = () => loss(convolve(window, weight, x));
    expect(gradientError(x.data, dx.data, now, { count: 500 })).toBeLessThan(1e-8);
    expect(gradientError(weight, dWeight, now)).toBeLessThan(1e-8);
  });

  it("names weights that do not fit", () => {
    expect(() => convolve({ kernel: 3, stride: 1, padding: 1 }, new Float64Array(40), random("x", 1, 3, 4, 4))).toThrow(
      "40 weights are no [cout][3][3][3].",
    );
  });
});

describe("batch norm", () => {
  it("leaves mean 0 and variance 1, up to ε, scaled by gain and bias", () => {
    const x = random("x", 3, 2, 4, 5);
    const y = batchNorm(x, batchStatistics(x), [3, 1], [0, -2]);
    const { mean, variance } = batchStatistics(y);
    expect(mean[0]).toBeCloseTo(0, 12);
    expect(mean[1]).toBeCloseTo(-2, 12);
    const own = batchStatistics(x).variance[0] as number;
    expect(variance[0]).toBeCloseTo((9 * own) / (own + 1e-5), 12);
  });

  it("moves the running statistics by a tenth, towards the unbiased variance", () => {
    const x = tensor(2, { channels: 1, height: 1, width: 2 }, [1, 2, 3, 6]);
    const running = { mean: Float64Array.of(1), variance: Float64Array.of(1) };
    updateRunning(running, batchStatistics(x), x);
    expect(running.mean[0]).toBeCloseTo(0.9 + 0.1 * 3, 12);
    expect(running.variance[0]).toBeCloseTo(0.9 + (0.1 * (4 + 1 + 0 + 9)) / 3, 12);
  });

  it.each(["training", "evaluation"] as const)("has the gradient of finite differences in %s mode", (mode) => {
    const x = random("x", 3, 2, 4, 5);
    const [gain, bias] = [noise("gain", 2), noise("bias", 2)];
    const running = { mean: Float64Array.of(0.1, -0.2), variance: Float64Array.of(0.5, 1.5) };
    const statistics = () => (mode === "training" ? batchStatistics(x) : running);
    const forward = () => batchNorm(x, statistics(), gain, bias);
    const { dy, loss } = weighed(forward());
    const { dx, dGain, dBias } = batchNormGradient(x, statistics(), gain, dy, mode);
    const now = () => loss(forward());
    expect(gradientError(x.data, dx.data, now, { count: 200 })).toBeLessThan(1e-8);
    expect(gradientError(gain, dGain, now)).toBeLessThan(1e-8);
    expect(gradientError(bias, dBias, now)).toBeLessThan(1e-8);
  });
});

describe("pooling", () => {
  const x = tensor(1, { channels: 1, height: 3, width: 3 }, [1, 1, 0, -1, 1, 2, -4, -3, 2]);
  const window: Window = { kernel: 3, stride: 2, padding: 1 };
  const negative = { ...x, data: x.data.map((value) => value - 10) };

  it("takes the largest of the picture, not the padding, and gives its gradient to the first of equals", () => {
    expect([...maxPool(window, negative).data]).toEqual([-9, -8, -9, -8]);
    const dy = tensor(1, { channels: 1, height: 2, width: 2 }, [1, 10, 100, 1000]);
    expect([...maxPoolGradient(window, x, dy).data]).toEqual([1, 0, 0, 0, 100, 1010, 0, 0, 0]);
  });

  it("averages over the whole window, padding as zeros", () => {
    const sums = [1 + 1 - 1 + 1, 1 + 0 + 1 + 2, -1 + 1 - 4 - 3, 1 + 2 - 3 + 2];
    expect([...averagePool(window, x).data]).toEqual(sums.map((sum) => sum / 9));
    expect([...globalAverage(x).data][0]).toBeCloseTo(-1 / 9, 12);
  });

  it.each([
    { kernel: 2, stride: 2, padding: 0 },
    { kernel: 3, stride: 2, padding: 1 },
    { kernel: 4, stride: 1, padding: 2 },
    { kernel: 2, stride: 3, padding: 1 },
  ])("has the gradient of finite differences: kernel $kernel, stride $stride, padding $padding", (each: Window) => {
    const x = random("x", 2, 2, 7, 6);
    for (const [forward, backward] of [
      [maxPool, maxPoolGradient],
      [averagePool, averagePoolGradient],
    ] as const) {
      const { dy, loss } = weighed(forward(each, x));
      const now = () => loss(forward(each, x));
      expect(gradientError(x.data, backward(each, x, dy).data, now, { count: 200 })).toBeLessThan(1e-8);
    }
  });

  it("has the gradient of finite differences over the whole map", () => {
    const x = random("x", 2, 3, 3, 4);
    const { dy, loss } = weighed(globalAverage(x));
    const now = () => loss(globalAverage(x));
    expect(gradientError(x.data, globalAverageGradient(x, dy).data, now, { count: 100 })).toBeLessThan(1e-8);
  });
});

describe("layers element by element", () => {
  it("sums, and cuts off below zero with gradient 0 at 0", () => {
    const shape = { channels: 1, height: 1, width: 3 };
    const x = add(tensor(1, shape, [-3, 0, 2]), tensor(1, shape, [1, 0, 3]));
    expect([...relu(x).data]).toEqual([0, 0, 5]);
    expect([...reluGradient(x, tensor(1, shape, [7, 8, 9])).data]).toEqual([0, 0, 9]);
  });

  it("puts channels one after the other, image by image, and takes them apart again", () => {
    const a = random("a", 2, 1, 2, 2);
    const b = random("b", 2, 3, 2, 2);
    const y = concat([a, b]);
    expect(sides(y)).toEqual([4, 2, 2]);
    expect(y.data.slice(0, 4)).toEqual(a.data.slice(0, 4));
    expect(y.data.slice(4, 16)).toEqual(b.data.slice(0, 12));
    expect(y.data.slice(16, 20)).toEqual(a.data.slice(4));
    expect(concatGradient([a, b], y)).toEqual([a, b]);
  });
});
