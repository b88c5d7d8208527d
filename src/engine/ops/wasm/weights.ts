import { transformedBytes } from "../../wasm/lowering/winograd.ts";
import type { ConvolutionForm, ConvolutionWeights, Shape } from "../imageOps.ts";
import { checkedKernel, type Kernel } from "../shapes.ts";
import type { Device } from "./device.ts";
import type { MapValue } from "./mapValue.ts";
import { type Phase, phasesOf } from "./phases.ts";

/** Convolution weights on the device. */
export interface WasmWeights extends Kernel {
  readonly phases: readonly PackedPhase[];
  /** Address of the Winograd transform, made when it is first needed; null = not yet. */
  transformed: number | null;
  /** Whether `transformed` is that of the present weights. */
  fresh: boolean;
}

export interface PackedPhase extends Phase {
  /** Address of its panels: [cout/8][(cin block, tap, 8 cin)][8 cout]. */
  readonly panels: number;
}

/** Lays weights out. @throws RangeError where data, shape and form do not fit */
export function createWeights(device: Device, data: Float32Array, shape: Shape, form: ConvolutionForm): WasmWeights {
  const kernel = checkedKernel(data, shape, form);
  const { arena } = device.recorder;
  const blocks = Math.ceil(kernel.cin / 8) * Math.ceil(kernel.cout / 8);
  const phases = phasesOf(kernel).map((phase) => ({
    ...phase,
    panels: arena.take(blocks * phase.sums.length * 256),
  }));
  const weights: WasmWeights = { ...kernel, phases, transformed: null, fresh: false };
  const staging = arena.takeNow(data.byteLength);
  arena.floats(staging, data.length).set(data);
  packPhases(device, weights, staging);
  arena.give(staging);
  return weights;
}

/** The same weights with the numbers of `value`, [cout, cin, kh, kw]. What was recorded before uses the old ones. */
export function refillWeights(device: Device, weights: WasmWeights, value: MapValue): void {
  const { cout, cin, kh, kw } = weights;
  const wanted = [cout, cin, kh, kw];
  if (!wanted.every((side, axis) => side === value.shape[axis])) {
    throw new RangeError(`These weights are [${wanted.join(", ")}], not [${value.shape.join(", ")}].`);
  }
  const { arena } = device.recorder;
  const rows = arena.take(cout * cin * kh * kw * 4);
  device.unpack(value, rows);
  packPhases(device, weights, rows);
  weights.fresh = false;
  arena.give(rows);
}

export function releaseWeights(device: Device, weights: WasmWeights): void {
  const { arena } = device.recorder;
  for (const { panels } of weights.phases) arena.give(panels);
  if (weights.transformed !== null) arena.give(weights.transformed);
}

/** The weights in the Winograd domain: transformed when they are first asked for. */
export function transformedWeights(device: Device, weights: WasmWeights): number {
  const [cin, cout] = [weights.cin, weights.cout].map((count) => Math.ceil(count / 8) * 8) as [number, number];
  weights.transformed ??= device.recorder.arena.take(transformedBytes(cin, cout));
  if (!weights.fresh) {
    const { panels } = weights.phases[0] as PackedPhase;
    const args = [panels, weights.transformed, cin / 8, cout / 8];
    device.items(cout / 8, 36 * cin * 32, "winogradFilters", args, 3072);
    weights.fresh = true;
  }
  return weights.transformed;
}

function packPhases(device: Device, { phases, cout, cin, kh, kw }: WasmWeights, from: number): void {
  const taps = kh * kw;
  for (const { sums, panels } of phases) {
    const table = sums.flatMap((sources) => [sources.length, ...sources, ...Array(taps - sources.length).fill(0)]);
    const bytes = cin * sums.length * 32;
    const args = [from, panels, cout, cin, taps, device.recorder.ints(table), sums.length];
    device.items(sums.length > 0 ? Math.ceil(cout / 8) : 0, bytes, "packPanels", args);
  }
}

/** Whether these are weights of here. */
export function isWasmWeights(weights: ConvolutionWeights): weights is WasmWeights {
  return "phases" in weights;
}
