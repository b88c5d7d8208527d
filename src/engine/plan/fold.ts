import type { BatchNorm, MapId, Trunk } from "../../networks/trunk.ts";
import { type Combination, countReaders } from "./fuse.ts";

/** What evaluation adds to a convolution: its norm and, if it is the last of its combination, the rest of it. */
export interface Fold {
  readonly norm: BatchNorm;
  readonly residual: MapId | null;
  readonly relu: boolean;
  /** The map that the convolution writes instead of its own output. */
  readonly output: MapId;
}

/**
 * The combinations that evaluation folds into convolutions, by the convolution's output. All or nothing: each norm
 * of the combination must belong to a convolution that nothing else reads, and a plain term must be there before.
 */
export function folds(trunk: Trunk, combinations: Iterable<Combination>): Map<MapId, Fold> {
  const readers = countReaders(trunk);
  const convolved = new Set(trunk.layers.filter(({ op }) => op === "convolution").map(({ output }) => output));
  const result = new Map<MapId, Fold>();
  for (const { terms, relu, out } of combinations) {
    const normed = terms.filter(({ norm }) => norm !== null);
    // Maps are numbered in the order in which they are computed.
    const last = Math.max(...terms.map(({ map }) => map));
    const possible =
      normed.some(({ map }) => map === last) && normed.every(({ map }) => convolved.has(map) && readers.get(map) === 1);
    if (!possible) continue;
    for (const { map, norm } of normed) {
      if (norm === null) continue;
      const other = terms.find((term) => term.map !== map);
      if (map === last) result.set(map, { norm, residual: other?.map ?? null, relu, output: out });
      else result.set(map, { norm, residual: null, relu: false, output: map });
    }
  }
  return result;
}
