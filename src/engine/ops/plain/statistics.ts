import type { Activation, Shape } from "../imageOps.ts";
import { checkGroups } from "../shapes.ts";
import { activateInto } from "./activation.ts";
import { PlainValue } from "./value.ts";

export function groupNorm(
  x: PlainValue,
  groups: number,
  gamma: PlainValue,
  beta: PlainValue,
  eps: number,
  activation: Activation,
): PlainValue {
  checkGroups(x.shape, groups, gamma, beta);
  const y = new PlainValue(x.shape);
  const [n, c, h, w] = x.shape;
  const size = h * w;
  const length = (c / groups) * size;
  const plane = new Float64Array(size);
  for (let group = 0; group < n * groups; group++) {
    const { mean, variance } = moments(x.data, group * length, length, length, 1);
    const factor = 1 / Math.sqrt(variance + eps);
    for (let at = group * length; at < (group + 1) * length; at += size) {
      const channel = (at / size) % c;
      const scale = factor * (gamma.data[channel] as number);
      const shift = (beta.data[channel] as number) - mean * scale;
      for (let i = 0; i < size; i++) plane[i] = (x.data[at + i] as number) * scale + shift;
      activateInto(plane, y.data, at, activation);
    }
  }
  return y;
}

export function channelMoments(x: PlainValue): { mean: PlainValue; variance: PlainValue } {
  const [n, c, h, w] = x.shape;
  const shape: Shape = [1, c, 1, 1];
  const mean = new PlainValue(shape);
  const variance = new PlainValue(shape);
  for (let channel = 0; channel < c; channel++) {
    const found = moments(x.data, channel * h * w, h * w, c * h * w, n);
    mean.data[channel] = found.mean;
    variance.data[channel] = found.variance;
  }
  return { mean, variance };
}

export function globalAverage(x: PlainValue): PlainValue {
  const [n, c, h, w] = x.shape;
  const y = new PlainValue([n, c, 1, 1]);
  for (let p = 0; p < n * c; p++) {
    let sum = 0;
    for (let i = p * h * w; i < (p + 1) * h * w; i++) sum += x.data[i] as number;
    y.data[p] = sum / (h * w);
  }
  return y;
}

/** Of `count` runs of `length` numbers, a stride apart. In two passes: no difference of large squares. */
function moments(data: Float32Array, start: number, length: number, stride: number, count: number) {
  let sum = 0;
  for (let run = 0; run < count; run++) {
    const at = start + run * stride;
    for (let i = at; i < at + length; i++) sum += data[i] as number;
  }
  const mean = sum / (count * length);
  let squares = 0;
  for (let run = 0; run < count; run++) {
    const at = start + run * stride;
    for (let i = at; i < at + length; i++) squares += ((data[i] as number) - mean) ** 2;
  }
  return { mean, variance: squares / (count * length) };
}
