import { describe, expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { windowed } from "../../../oracle/convolution.ts";
import { add } from "../../../oracle/pointwise.ts";
import * as oracle from "../../../oracle/pool.ts";
import { wholeMap } from "../kernel.ts";
import { inside } from "../testing/cases.ts";
import { randomTensor, relativeError, rootOf, viewOf } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { globalAverage, globalAverageGradient } from "./globalAverage.ts";
import { type PoolOp, pool, poolGradient } from "./pool.ts";

const TOLERANCE = 2e-5;

const oracles = {
  maxPool: { forward: oracle.maxPool, backward: oracle.maxPoolGradient },
  averagePool: { forward: oracle.averagePool, backward: oracle.averagePoolGradient },
};

describeOnGpu("pool and its gradient", (gpu) => {
  it.each([
    ["maxPool", 3, 2, 1, 2, 9, 8, false],
    ["maxPool", 2, 2, 0, 1, 5, 7, true],
    ["maxPool", 3, 1, 1, 2, 4, 3, true],
    ["averagePool", 2, 2, 0, 2, 6, 7, true],
    ["averagePool", 3, 2, 1, 1, 7, 5, false],
    ["averagePool", 5, 3, 2, 1, 8, 9, true],
  ] as const)("%s, kernel %i, stride %i, padding %i, %i images of %i×%i", async (...given) => {
    const [op, kernel, stride, padding, n, height, width, accumulate] = given;
    const window = { kernel, stride, padding };
    const map = wholeMap(height, width, 8);
    const small = wholeMap(windowed(height, window), windowed(width, window), 8);
    const [x, y, dx, dy] = [inside(map, 4, 0), inside(small, 0, 4), inside(map, 0, 8), inside(small, 8, 0)];
    const stream = new Stream(6, "pool");
    const input = randomTensor(stream, n, map);
    // Few values, so that windows hold several maxima.
    input.data.forEach((value, i) => {
      input.data[i] = Math.round(value);
    });
    const before = randomTensor(stream, n, map);
    const gradient = randomTensor(stream, n, small);

    const forward = await runKernel(gpu, pool({ op, x, y, window }), n, {
      x: rootOf(x, input),
      y: rootOf(y, gradient, -7777),
    });
    const actual = viewOf(y, n, output(forward, "y"));
    expect(relativeError(actual.data, oracles[op].forward(window, input).data)).toBeLessThan(TOLERANCE);
    expect(rootOf(y, actual, -7777)).toEqual(output(forward, "y"));

    const backward = await runKernel(gpu, poolGradient({ op, x: dx, y: dy, window }, x, accumulate), n, {
      x: rootOf(x, input),
      dy: rootOf(dy, gradient),
      dx: rootOf(dx, before, -7777),
    });
    const own = oracles[op].backward(window, input, gradient);
    const actualGradient = viewOf(dx, n, output(backward, "dx"));
    expect(relativeError(actualGradient.data, (accumulate ? add(own, before) : own).data)).toBeLessThan(TOLERANCE);
    expect(rootOf(dx, actualGradient, -7777)).toEqual(output(backward, "dx"));
  });
});

describeOnGpu("globalAverage and its gradient", (gpu) => {
  it.each([
    [3, 4, 4, 12],
    [1, 7, 5, 8],
  ] as const)("of %i images of %i×%i×%i", async (n, height, width, channels) => {
    const view = inside(wholeMap(height, width, channels), 4, 4);
    const stream = new Stream(7, "globalAverage");
    const x = randomTensor(stream, n, view);
    const dFeatures = randomTensor(stream, n, { channels, height: 1, width: 1 });
    const vectors = new Float32Array(n * channels);
    const forward = await runKernel(gpu, globalAverage(view), n, { x: rootOf(view, x), features: vectors });
    expect(relativeError(output(forward, "features"), oracle.globalAverage(x).data)).toBeLessThan(TOLERANCE);
    const backward = await runKernel(gpu, globalAverageGradient(view), n, {
      dFeatures: Float32Array.from(dFeatures.data),
      dx: rootOf(view, x, -7777),
    });
    const actual = viewOf(view, n, output(backward, "dx"));
    expect(relativeError(actual.data, oracle.globalAverageGradient(x, dFeatures).data)).toBeLessThan(TOLERANCE);
    expect(rootOf(view, actual, -7777)).toEqual(output(backward, "dx"));
  });
});

describe("pool", () => {
  it("refuses maps that its window does not connect", () => {
    const shape = { op: "maxPool" as PoolOp, x: wholeMap(8, 8, 4), y: wholeMap(4, 3, 4) };
    const window = { kernel: 2, stride: 2, padding: 0 };
    expect(() => pool({ ...shape, window })).toThrow(
      "maxPool 2×2, stride 2, padding 0, makes 4×4×4 of 8×8×4, not 4×3×4.",
    );
  });
});
