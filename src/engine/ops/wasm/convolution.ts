import type { KernelCall } from "../../dense/threadProtocol.ts";
import type { ConvolutionOptions } from "../imageOps.ts";
import { convolutionShape } from "../shapes.ts";
import { activationArguments, LINEAR } from "./activation.ts";
import type { Device } from "./device.ts";
import type { Epilogue } from "./epilogue.ts";
import type { MapValue } from "./mapValue.ts";
import { borderFor, phaseLength } from "./phases.ts";
import type { PackedPhase, WasmWeights } from "./weights.ts";
import { winogradConvolution } from "./winograd.ts";

/** What of an input stays in a core's cache while the weights go by. */
const CACHE_BYTES = 256 * 1024;
/** Pieces of work that each thread should find. */
const PIECES = 4;

export function convolution(device: Device, x: MapValue, weights: WasmWeights, options: ConvolutionOptions): MapValue {
  const shape = convolutionShape(x.shape, weights, options);
  const y = device.create(shape);
  const bias = device.orNull(options.bias)?.address ?? 0;
  const activation = activationArguments(options.activation ?? LINEAR);
  const border = borderFor(weights.phases, [x.shape[2], x.shape[3]], [shape[2], shape[3]]);
  const wide = (width: number) => width >= border;
  const withAddend = (addend: MapValue | null) =>
    device.withBorder(x, wide, border, (input) => {
      const epilogue = { bias, addend, activation };
      if (wantsWinograd(weights, y)) winogradConvolution(device, input, weights, y, epilogue);
      else direct(device, input, weights, y, epilogue);
    });
  const addend = device.orNull(options.addend);
  if (addend) device.withBorder(addend, (width) => width === y.border, y.border, withAddend);
  else withAddend(null);
  return y;
}

/** By the size of the map alone: so an image's bits do not depend on how many there are. */
function wantsWinograd({ kh, kw, form }: WasmWeights, y: MapValue): boolean {
  if (kh !== 3 || kw !== 3 || form.up !== "none" || form.stride !== 1) return false;
  if (form.padding.some((side) => side !== 1)) return false;
  const [, , height, width] = y.shape;
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
  // One tile is not worth four times as many weights; and at most half of the tiles may hang over the edge.
  return tiles >= 4 && 16 * tiles <= 2 * height * width;
}

function direct(device: Device, x: MapValue, weights: WasmWeights, y: MapValue, epilogue: Epilogue): void {
  const { threads } = device.recorder;
  const [n, , height] = y.shape;
  const rows = phaseLength(height, 0, weights.phases[0]?.step ?? 1);
  const pieces = (groups: number) => groups * y.blocks;
  let group = Math.max(1, Math.min(n, Math.floor(CACHE_BYTES / (x.blocks * x.planeBytes))));
  while (group > 1 && pieces(Math.ceil(n / group)) < PIECES * threads) group = Math.ceil(group / 2);
  const groups = Math.ceil(n / group);
  const wanted = group > 1 ? 1 : Math.min(rows, Math.ceil((PIECES * threads) / pieces(groups)));
  const band = Math.ceil(rows / wanted);
  const bands = Math.ceil(rows / band);
  const calls = weights.phases.map((phase) => phaseCall(device, x, phase, y, epilogue, group, band, bands));
  const items = groups * bands * y.blocks;
  const finish = [...epilogue.activation];
  if (bands === 1) {
    const args = [device.describe(y), n, group, y.blocks, ...finish];
    device.recorder.record({ calls: [...calls, { kernel: "finishGroups", args }], items, chunk: 1 });
  } else {
    device.recorder.record({ calls, items, chunk: 1 });
    device.planes(y, "finishPlanes", [device.describe(y), y.blocks, ...finish]);
  }
}

function phaseCall(
  device: Device,
  x: MapValue,
  phase: PackedPhase,
  y: MapValue,
  { bias, addend }: Epilogue,
  group: number,
  band: number,
  bands: number,
): KernelCall {
  const { row, column, step, stride, top, left, kh, kw } = phase;
  const [from, to] = [x.strides, y.strides];
  const segments: number[] = [];
  if (kw > 0) {
    for (let block = 0; block < x.blocks; block++) {
      for (let i = 0; i < kh; i++) segments.push(block * from.block + i * from.row);
    }
  }
  const begin = row * to.row + column * to.pixel;
  return {
    kernel: "convolvePanels",
    args: [
      ...[from.origin + top * from.row + left * from.pixel, phase.panels, to.origin + begin, y.shape[0], group],
      ...[phaseLength(y.shape[2], row, step), phaseLength(y.shape[3], column, step), band, bands],
      ...[from.image, stride * from.row, stride * from.pixel],
      ...[segments.length, device.recorder.ints(segments), kw * 8],
      ...[y.blocks, to.image, step * to.row, step * to.pixel, to.block],
      ...[addend ? addend.strides.origin + begin : 0, bias],
    ],
  };
}
