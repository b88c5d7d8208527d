import type { PoolWindow } from "../imageOps.ts";
import { filterShape, poolShape } from "../shapes.ts";
import type { Device } from "./device.ts";
import type { MapValue } from "./mapValue.ts";

export function upsampleNearest(device: Device, x: MapValue): MapValue {
  const [n, c, h, w] = x.shape;
  const y = device.create([n, c, 2 * h, 2 * w]);
  device.planes(y, "upsampleNearest", [device.describe(x), device.describe(y)]);
  return y;
}

export function filter(
  device: Device,
  x: MapValue,
  taps: readonly number[],
  up: 1 | 2,
  pad: readonly [before: number, after: number],
  gain: number,
): MapValue {
  const y = device.create(filterShape(x.shape, taps, up, pad));
  const bits = [...new Int32Array(Float32Array.from(taps).buffer)];
  const args = [device.describe(x), device.describe(y), device.recorder.ints(bits), taps.length, up, pad[0], gain];
  device.planes(y, "filterMap", args, x.shape[2] * y.shape[3] * 32);
  return y;
}

export function pool(device: Device, x: MapValue, window: PoolWindow, kind: "max" | "average"): MapValue {
  const y = device.create(poolShape(x.shape, window));
  const { kernel, stride, padding } = window;
  const args = [device.describe(x), device.describe(y), kernel, stride, padding, kind === "average" ? 1 : 0];
  device.planes(x, "poolMap", args);
  return y;
}
