import type { Activation } from "../imageOps.ts";
import { channelsShape, checkPerChannel, checkRepeated, concatShape } from "../shapes.ts";
import { activateInto } from "./activation.ts";
import { PlainValue } from "./value.ts";

export function scaleShift(
  x: PlainValue,
  scale: PlainValue | null,
  shift: PlainValue | null,
  activation: Activation,
): PlainValue {
  checkPerChannel(x.shape, scale);
  checkPerChannel(x.shape, shift);
  const y = new PlainValue(x.shape);
  const [n, c, h, w] = x.shape;
  const plane = new Float64Array(h * w);
  for (let p = 0; p < n * c; p++) {
    const factor = scale ? (scale.data[p % scale.data.length] as number) : 1;
    const offset = shift ? (shift.data[p % shift.data.length] as number) : 0;
    const at = p * plane.length;
    for (let i = 0; i < plane.length; i++) plane[i] = (x.data[at + i] as number) * factor + offset;
    activateInto(plane, y.data, at, activation);
  }
  return y;
}

export function add(a: PlainValue, b: PlainValue, gain: number): PlainValue {
  const y = repeated(b, a);
  for (let i = 0; i < y.data.length; i++) y.data[i] = ((a.data[i] as number) + (y.data[i] as number)) * gain;
  return y;
}

export function multiply(a: PlainValue, b: PlainValue): PlainValue {
  const y = repeated(b, a);
  for (let i = 0; i < y.data.length; i++) y.data[i] = (a.data[i] as number) * (y.data[i] as number);
  return y;
}

export function inverseRoot(x: PlainValue, eps: number): PlainValue {
  const y = new PlainValue(x.shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = 1 / Math.sqrt((x.data[i] as number) + eps);
  return y;
}

export function concat(a: PlainValue, b: PlainValue): PlainValue {
  const y = new PlainValue(concatShape(a.shape, b.shape));
  const [first, second] = [a, b].map(({ data, shape }) => data.length / shape[0]) as [number, number];
  for (let image = 0; image < a.shape[0]; image++) {
    const at = image * (first + second);
    y.data.set(a.data.subarray(image * first, (image + 1) * first), at);
    y.data.set(b.data.subarray(image * second, (image + 1) * second), at + first);
  }
  return y;
}

export function channels(x: PlainValue, from: number, to: number): PlainValue {
  const y = new PlainValue(channelsShape(x.shape, from, to));
  const [n, c, h, w] = x.shape;
  const length = (to - from) * h * w;
  for (let image = 0; image < n; image++) {
    const at = (image * c + from) * h * w;
    y.data.set(x.data.subarray(at, at + length), image * length);
  }
  return y;
}

/** `x` repeated to the shape of `like`. */
function repeated(x: PlainValue, like: PlainValue): PlainValue {
  checkRepeated(like.shape, x.shape);
  const y = new PlainValue(like.shape);
  const [n, c, h, w] = y.shape;
  const [N, C, H, W] = x.shape;
  const step = W === 1 ? 0 : 1;
  let to = 0;
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < c; channel++) {
      for (let row = 0; row < h; row++) {
        let from = (((image % N) * C + (channel % C)) * H + (row % H)) * W;
        for (let column = 0; column < w; column++) {
          y.data[to++] = x.data[from] as number;
          from += step;
        }
      }
    }
  }
  return y;
}
