import { expect, it } from "vitest";
import { convolve } from "./convolution/convolve.ts";
import { possibleTiles, type Tile } from "./convolution/tile.ts";
import { wholeMap } from "./kernel.ts";
import { combine } from "./norm/combine.ts";
import { statisticsPartial } from "./norm/statistics.ts";
import { pool } from "./pool/pool.ts";
import { convolutionShape } from "./testing/cases.ts";
import { describeOnGpu } from "./testing/node/describeOnGpu.ts";
import { output, runKernel } from "./testing/runKernel.ts";

/** NaN with and without a sign, and quiet numbers between. */
const NUMBERS = Float32Array.from([-1, 0, 2, 3, 0, 0, -5, 1, Number.NEGATIVE_INFINITY, 0, 0, 4, 0, 0, 0, 0]);
const bits = new Uint32Array(NUMBERS.buffer);
bits[1] = 0x7fc00000;
bits[5] = 0xffc00000;

/** A network that has gone wrong has to show it: PyTorch's ReLU and max pool hand NaN on, WGSL's max need not. */
describeOnGpu("NaN", (gpu) => {
  it("passes a ReLU", async () => {
    const map = wholeMap(2, 2, 4);
    const results = await runKernel(gpu, combine([{ x: map, norm: false }], true, map), 1, {
      x0: NUMBERS,
      out: new Float32Array(16),
    });
    const expected = [0, Number.NaN, 2, 3, 0, Number.NaN, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0];
    expect([...output(results, "out")]).toEqual(expected);
  });

  it("passes the ReLU of a convolution in evaluation", async () => {
    const shape = convolutionShape([2, 2], [4, 4], { kernel: 1, stride: 1, padding: 0 });
    const tile = possibleTiles(gpu.limits).at(-1) as Tile;
    const identity = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const x = Float32Array.from([-1, Number.NaN, 2, 3, 1, 1, 1, 1, -1, -1, -1, -1, 0, 0, 0, 5]);
    const results = await runKernel(gpu, convolve(shape, tile, { residual: null, relu: true }), 1, {
      x,
      weights: identity,
      bias: new Float32Array(4),
      y: new Float32Array(16),
    });
    const y = output(results, "y");
    expect([...y.subarray(0, 4)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect([...y.subarray(4)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 5]);
  });

  it("passes a max pool, wherever in the window it is", async () => {
    const [x, y] = [wholeMap(2, 2, 4), wholeMap(1, 1, 4)];
    const kernel = pool({ op: "maxPool", x, y, window: { kernel: 2, stride: 2, padding: 0 } });
    const results = await runKernel(gpu, kernel, 1, { x: NUMBERS, y: new Float32Array(4) });
    expect([...output(results, "y")]).toEqual([0, Number.NaN, 2, 4]);
  });

  it("passes the statistics of its channel", async () => {
    const x = wholeMap(2, 2, 4);
    const results = await runKernel(gpu, statisticsPartial(x, { pixels: 256 }), 1, {
      x: Float32Array.from([1, 2, 3, 4, 1, Number.NaN, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]),
      partials: new Float32Array(8),
    });
    expect([...output(results, "partials")]).toEqual([1, Number.NaN, 3, 4, 0, Number.NaN, 0, 0]);
  });
});
