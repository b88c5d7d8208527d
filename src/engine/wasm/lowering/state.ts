import { trunkLayout } from "../../../networks/architecture.ts";
import type { Trunk } from "../../../networks/trunk.ts";
import type { Panels, Vector } from "./buffers.ts";
import type { ParameterBuffers } from "./parameters.ts";

/** Where a tensor lies, and which places of it are in use: the rest, dead lanes, is zero. */
type Storage =
  | { readonly buffer: Panels; readonly outputLanes: readonly number[]; readonly inputLanes: readonly number[] }
  | { readonly buffer: Vector; readonly lanes: readonly number[] };

/** One tensor of the trunk's state_dict. */
export interface TrunkTensor {
  readonly name: string;
  /** PyTorch shape. */
  readonly shape: readonly number[];
  readonly storage: Storage;
  /** Where its momentum lies; null for running statistics. */
  readonly momentum: Storage | null;
}

/** Every tensor of the trunk, in state_dict order. */
export function trunkTensors(trunk: Trunk, buffers: ParameterBuffers): TrunkTensor[] {
  const storages = new Map<string, Storage>();
  for (const parameter of buffers.parameters.convolutions) {
    const { outputLanes, inputLanes } = parameter;
    const buffer = buffers.convolution(parameter).weights;
    storages.set(`${parameter.layer.name}.weight`, { buffer, outputLanes, inputLanes });
  }
  for (const parameter of buffers.parameters.norms) {
    const { name } = parameter.layer;
    const { gamma, beta, runningMean, runningVar } = buffers.norm(parameter);
    const vectors = { weight: gamma, bias: beta, running_mean: runningMean, running_var: runningVar };
    for (const [suffix, buffer] of Object.entries(vectors)) {
      storages.set(`${name}.${suffix}`, { buffer, lanes: parameter.lanes });
    }
  }
  return trunkLayout(trunk).map(({ name, shape, trained }) => {
    const storage = storages.get(name);
    if (!storage) throw new Error(`The plan has no tensor ${name}.`);
    return { name, shape, storage, momentum: trained ? momentum(storage, buffers) : null };
  });
}

function momentum(storage: Storage, buffers: ParameterBuffers): Storage {
  return "lanes" in storage
    ? { ...storage, buffer: buffers.momentum(storage.buffer) }
    : { ...storage, buffer: buffers.momentum(storage.buffer) };
}

/** Copies a tensor out of the arena, in PyTorch's order. */
export function readTensor(arena: Float32Array, storage: Storage): Float32Array {
  const indices = places(storage);
  return Float32Array.from(indices, (index) => arena[index] as number);
}

/** Copies a tensor in PyTorch's order into the arena. */
export function writeTensor(arena: Float32Array, storage: Storage, data: ArrayLike<number>): void {
  places(storage).forEach((index, i) => {
    arena[index] = data[i] as number;
  });
}

/** For each number in PyTorch's order, its index in the arena. */
function places(storage: Storage): Uint32Array {
  const at = storage.buffer.address / 4;
  if ("lanes" in storage) return Uint32Array.from(storage.lanes, (lane) => at + lane);
  const { buffer, outputLanes, inputLanes } = storage;
  const taps = buffer.kernel ** 2;
  const group = Math.min(8, buffer.cin);
  const depth = buffer.cin * taps;
  const indices = new Uint32Array(outputLanes.length * inputLanes.length * taps);
  let torch = 0;
  for (const o of outputLanes) {
    for (const i of inputLanes) {
      for (let tap = 0; tap < taps; tap++) {
        const k = (Math.floor(i / group) * taps + tap) * group + (i % group);
        indices[torch++] = at + (Math.floor(o / 8) * depth + k) * 8 + (o % 8);
      }
    }
  }
  return indices;
}
