import { type Add, type BatchNorm, inputsOf, type MapId, type Trunk } from "../../networks/trunk.ts";

/** A summand before it has a place. */
export interface LogicalTerm {
  readonly map: MapId;
  readonly norm: BatchNorm | null;
}

/** A sum of one or two terms, and maybe a ReLU, that becomes one pass over memory. */
export interface Combination {
  readonly terms: readonly LogicalTerm[];
  readonly relu: boolean;
  readonly out: MapId;
}

/**
 * Which norms, sums and ReLUs become one pass: a norm read by nothing but a ReLU or a sum disappears into it, and a
 * sum read by nothing but a ReLU into that. Keyed by the layer output at which the pass happens.
 */
export function combinations(trunk: Trunk): Map<MapId, Combination> {
  const readers = countReaders(trunk);
  const sole = (map: MapId) => readers.get(map) === 1;
  const norms = new Map<MapId, BatchNorm>();
  const sums = new Map<MapId, Add>();
  for (const layer of trunk.layers) {
    if (layer.op === "batchNorm") norms.set(layer.output, layer);
    if (layer.op === "add") sums.set(layer.output, layer);
  }
  const term = (map: MapId): LogicalTerm => {
    const norm = norms.get(map);
    return norm && sole(map) ? { map: norm.input, norm } : { map, norm: null };
  };
  const result = new Map<MapId, Combination>();
  for (const layer of trunk.layers) {
    if (layer.op === "relu") {
      const sum = sums.get(layer.input);
      const terms = sum && sole(layer.input) ? sum.inputs.map(term) : [term(layer.input)];
      result.set(layer.output, { terms, relu: true, out: layer.output });
    } else if (layer.op === "add") {
      if (fusesInto(trunk, layer.output, readers, ["relu"])) continue;
      result.set(layer.output, { terms: layer.inputs.map(term), relu: false, out: layer.output });
    } else if (layer.op === "batchNorm") {
      if (fusesInto(trunk, layer.output, readers, ["relu", "add"])) continue;
      result.set(layer.output, { terms: [{ map: layer.input, norm: layer }], relu: false, out: layer.output });
    }
  }
  return result;
}

/** How many layers read each map; the last map counts its global average. */
export function countReaders(trunk: Trunk): Map<MapId, number> {
  const readers = new Map<MapId, number>();
  for (const layer of trunk.layers) {
    for (const map of inputsOf(layer)) readers.set(map, (readers.get(map) ?? 0) + 1);
  }
  return readers;
}

function fusesInto(trunk: Trunk, map: MapId, readers: Map<MapId, number>, ops: readonly string[]): boolean {
  if (readers.get(map) !== 1) return false;
  const reader = trunk.layers.find((layer) => inputsOf(layer).includes(map));
  return reader !== undefined && ops.includes(reader.op);
}
