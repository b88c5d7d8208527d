import type { Activation, Shape } from "../imageOps.ts";
import { channelsShape, checkPerChannel, checkRepeated, checkReshape, concatShape } from "../shapes.ts";
import { activationArguments } from "./activation.ts";
import type { Device } from "./device.ts";
import type { MapValue } from "./mapValue.ts";

export function scaleShift(
  device: Device,
  x: MapValue,
  scale: MapValue | null,
  shift: MapValue | null,
  activation: Activation,
): MapValue {
  checkPerChannel(x.shape, scale);
  checkPerChannel(x.shape, shift);
  const y = device.create(x.shape);
  const args = [...perChannel(scale), ...perChannel(shift), ...activationArguments(activation)];
  device.planes(y, "scaleShift", [device.describe(x), device.describe(y), ...args]);
  return y;
}

/** Address of a vector, and the bytes from an image's to the next one's. */
function perChannel(vector: MapValue | null): [number, number] {
  return vector ? [vector.address, vector.shape[0] === 1 ? 0 : vector.blocks * 32] : [0, 0];
}

export function add(device: Device, a: MapValue, b: MapValue, gain: number): MapValue {
  return combine(device, a, b, false, gain);
}

export function multiply(device: Device, a: MapValue, b: MapValue): MapValue {
  return combine(device, a, b, true, 1);
}

function combine(device: Device, a: MapValue, b: MapValue, product: boolean, gain: number): MapValue {
  checkRepeated(a.shape, b.shape);
  const y = device.create(a.shape);
  const { origin, image, block, row, pixel } = b.strides;
  const [n, c, h, w] = b.shape.map((side, axis) => (side === 1 && a.shape[axis] !== 1 ? 0 : 1)) as [
    ...[number, number, number, number],
  ];
  device.planes(y, "combineMaps", [
    ...[device.describe(a), device.describe(y), y.shape[1], origin, n * image, c * block, h * row, w * pixel],
    ...[c === 0 ? 1 : 0, product ? 1 : 0, gain],
  ]);
  return y;
}

export function inverseRoot(device: Device, x: MapValue, eps: number): MapValue {
  const y = device.create(x.shape);
  device.planes(y, "inverseRoot", [device.describe(x), device.describe(y), x.shape[1], eps]);
  return y;
}

export function concat(device: Device, a: MapValue, b: MapValue): MapValue {
  const y = device.create(concatShape(a.shape, b.shape));
  device.copyChannels(a, y, 0, 0, a.shape[1]);
  device.copyChannels(b, y, 0, a.shape[1], b.shape[1]);
  return y;
}

export function channels(device: Device, x: MapValue, from: number, to: number): MapValue {
  const y = device.create(channelsShape(x.shape, from, to));
  device.copyChannels(x, y, from, 0, to - from);
  return y;
}

export function reshape(device: Device, x: MapValue, shape: Shape): MapValue {
  checkReshape(x.shape, shape);
  const y = device.create(shape);
  const { arena } = device.recorder;
  const rows = arena.take(shape[0] * shape[1] * shape[2] * shape[3] * 4);
  device.unpack(x, rows);
  device.pack(rows, y);
  arena.give(rows);
  return y;
}
