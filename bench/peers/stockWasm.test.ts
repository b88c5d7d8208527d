import {
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  engine,
  type Tensor4D,
  tensor4d,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { expect, test } from "vitest";
import { Stream } from "../../src/random/stream.ts";
import { filterGradient } from "./stockWasm.ts";

function noise(purpose: string, shape: [number, number, number, number]): Tensor4D {
  const stream = new Stream(1, purpose);
  const length = shape.reduce((product, side) => product * side, 1);
  return tensor4d(
    Float32Array.from({ length }, () => stream.normal()),
    shape,
  );
}

test.each([
  { side: 8, kernel: 3, stride: 1, pad: 1 },
  { side: 8, kernel: 3, stride: 2, pad: 1 },
  { side: 8, kernel: 1, stride: 2, pad: 0 },
  { side: 7, kernel: 3, stride: 2, pad: 1 },
])("the stop-gap is the filter gradient of stock tfjs: %j", async ({ side, kernel, stride, pad }) => {
  const out = Math.floor((side + 2 * pad - kernel) / stride) + 1;
  const x = noise("x", [3, side, side, 4]);
  const dy = noise("dy", [3, out, out, 5]);
  const attrs: Conv2DBackpropFilterAttrs = {
    strides: stride,
    pad,
    dataFormat: "NHWC",
    dimRoundingMode: "floor",
    filterShape: [kernel, kernel, 4, 5],
  };
  const stock = engine().runKernel(Conv2DBackpropFilter, { x, dy }, { ...attrs }) as Tensor4D;
  const own = filterGradient(x, dy, attrs);
  expect(own.shape).toEqual(stock.shape);
  const [expected, actual] = [await stock.data(), await own.data()];
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
});
