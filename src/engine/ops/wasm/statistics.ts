import type { Activation, Shape } from "../imageOps.ts";
import { checkGroups } from "../shapes.ts";
import { activationArguments } from "./activation.ts";
import type { Device } from "./device.ts";
import type { MapValue } from "./mapValue.ts";

/** Of what planeMoments notes about each plane. */
const RECORD_BYTES = 128;

export function groupNorm(
  device: Device,
  x: MapValue,
  groups: number,
  gamma: MapValue,
  beta: MapValue,
  eps: number,
  activation: Activation,
): MapValue {
  checkGroups(x.shape, groups, gamma, beta);
  const y = device.create(x.shape);
  const channels = x.shape[1];
  withMoments(device, x, (records) => {
    device.planes(y, "groupNorm", [
      ...[device.describe(x), device.describe(y), records, gamma.address, beta.address, channels, channels / groups],
      ...[eps, ...activationArguments(activation)],
    ]);
  });
  return y;
}

export function channelMoments(device: Device, x: MapValue): { mean: MapValue; variance: MapValue } {
  const [n, c, h, w] = x.shape;
  const shape: Shape = [1, c, 1, 1];
  const [mean, variance] = [device.create(shape), device.create(shape)];
  withMoments(device, x, (records) => {
    const args = [records, n, x.blocks, c, h * w, mean.address, variance.address];
    device.items(x.blocks, n * RECORD_BYTES, "mergeMoments", args);
  });
  return { mean, variance };
}

export function globalAverage(device: Device, x: MapValue): MapValue {
  const y = device.create([x.shape[0], x.shape[1], 1, 1]);
  device.planes(x, "planeMeans", [device.describe(x), y.address]);
  return y;
}

function withMoments(device: Device, x: MapValue, use: (records: number) => void): void {
  const { arena } = device.recorder;
  const records = arena.take(x.planes * RECORD_BYTES);
  device.planes(x, "planeMoments", [device.describe(x), records]);
  use(records);
  arena.give(records);
}
