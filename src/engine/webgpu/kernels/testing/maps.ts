import type { MapShape } from "../../../../networks/trunk.ts";
import type { Stream } from "../../../../random/stream.ts";
import { type Tensor, tensor, zeros } from "../../../oracle/tensor.ts";
import type { MapView } from "../kernel.ts";

/** Standard normal numbers that float32 holds exactly. */
export function normals(stream: Stream, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => stream.normal());
}

export function randomTensor(stream: Stream, n: number, shape: MapShape): Tensor {
  return tensor(n, shape, normals(stream, n * shape.channels * shape.height * shape.width));
}

/** The index in the root of every value of the view, in the order of a Tensor's values. */
function* places(view: MapView, n: number): Generator<number> {
  const area = view.height * view.width;
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < view.channels; channel++) {
      for (let pixel = 0; pixel < area; pixel++) {
        yield (image * area + pixel) * view.pixelStride + view.channelOffset + channel;
      }
    }
  }
}

/** The root of `view` with x in the view and `rest` in all other channels. */
export function rootOf(view: MapView, x: Tensor, rest = Number.NaN): Float32Array {
  const root = new Float32Array(x.n * view.height * view.width * view.pixelStride).fill(rest);
  let i = 0;
  for (const place of places(view, x.n)) root[place] = x.data[i++] as number;
  return root;
}

/** What the view holds. */
export function viewOf(view: MapView, n: number, root: Float32Array): Tensor {
  const x = zeros(n, view);
  let i = 0;
  for (const place of places(view, n)) x.data[i++] = root[place] as number;
  return x;
}

/** PyTorch's [cout][cin][kernel][kernel] as the kernels' [kernel][kernel][cin][cout]. */
export function kernelWeights(weight: ArrayLike<number>, kernel: number, cin: number, cout: number): Float32Array {
  const taps = kernel * kernel;
  const weights = new Float32Array(weight.length);
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let tap = 0; tap < taps; tap++) {
        weights[(tap * cin + i) * cout + o] = weight[(o * cin + i) * taps + tap] as number;
      }
    }
  }
  return weights;
}

/** Largest deviation relative to the largest expected number; NaN and different lengths fail every comparison. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(error <= worst)) worst = error;
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst === 0 ? 0 : worst / largest;
}
