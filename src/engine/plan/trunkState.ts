import type { Panels, Vector } from "./buffers.ts";
import { type TrunkBuffers, trunkLayers } from "./layers.ts";

/** One tensor of the trunk's state_dict and where it lies. */
export interface TrunkTensor {
  readonly name: string;
  /** PyTorch shape. */
  readonly shape: readonly number[];
  readonly buffer: Panels | Vector;
  /** Where its momentum lies; null for running statistics. */
  readonly momentum: Panels | Vector | null;
}

/** Every tensor of the trunk, in state_dict order. */
export function trunkTensors(trunk: TrunkBuffers): TrunkTensor[] {
  const offset = trunk.momenta.address - trunk.parameters.address;
  const trained = (name: string, shape: readonly number[], buffer: Panels | Vector): TrunkTensor => ({
    name,
    shape,
    buffer,
    momentum: { ...buffer, address: buffer.address + offset },
  });
  return trunkLayers(trunk).flatMap(({ layer, weights, gamma, beta, runningMean, runningVar }) => {
    const { cout, cin, kernel, conv, norm } = layer;
    return [
      trained(`${conv}.weight`, [cout, cin, kernel, kernel], weights),
      trained(`${norm}.weight`, [cout], gamma),
      trained(`${norm}.bias`, [cout], beta),
      { name: `${norm}.running_mean`, shape: [cout], buffer: runningMean, momentum: null },
      { name: `${norm}.running_var`, shape: [cout], buffer: runningVar, momentum: null },
    ];
  });
}

/** Copies a tensor out of the arena, in PyTorch's order. */
export function readTensor(arena: Float32Array, buffer: Panels | Vector, shape: readonly number[]): Float32Array {
  const at = buffer.address / 4;
  if (buffer.kind === "vector") return arena.slice(at, at + buffer.length);
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  forEachWeight(buffer, shape[1] as number, (torch, panel) => {
    data[torch] = arena[at + panel] as number;
  });
  return data;
}

/** Copies a tensor in PyTorch's order into the arena. */
export function writeTensor(
  arena: Float32Array,
  buffer: Panels | Vector,
  shape: readonly number[],
  data: Float32Array,
): void {
  const at = buffer.address / 4;
  if (buffer.kind === "vector") arena.set(data, at);
  else {
    forEachWeight(buffer, shape[1] as number, (torch, panel) => {
      arena[at + panel] = data[torch] as number;
    });
  }
}

/** Pairs the index in [cout][cin][kh][kw] with the index in the panels; `cin` without the stem's zero channel. */
function forEachWeight(panels: Panels, cin: number, visit: (torch: number, panel: number) => void): void {
  const taps = panels.kernel ** 2;
  const group = Math.min(8, panels.cin);
  const depth = panels.cin * taps;
  let torch = 0;
  for (let o = 0; o < panels.cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const k = (Math.floor(i / group) * taps + tap) * group + (i % group);
        visit(torch++, (Math.floor(o / 8) * depth + k) * 8 + (o % 8));
      }
    }
  }
}
