import type { StateDictFile, StoredTensor } from "../../../checkpoints/stateDict.ts";
import { goldenNoise } from "../../../engine/tape/testing/goldenFill.ts";

/** Tensors of those shapes as the golden vectors fill them. */
export function filled(shapes: ReadonlyMap<string, readonly number[]>): StateDictFile {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((product, side) => product * side, 1);
    const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
    const rule = (v: number): number => {
      if (name.endsWith("conv.weight")) return v * Math.sqrt(3 / fanIn) * Math.SQRT2;
      if (shape.length > 1) return v * Math.sqrt(3 / fanIn);
      if (name.endsWith("running_var")) return 1 + 0.5 * v;
      if (name.endsWith("weight")) return 1 + 0.1 * v;
      return 0.1 * v;
    };
    const read = async () => Float32Array.from(goldenNoise(`fid_inception/${name}`, count), rule);
    tensors.set(name, { dtype: "F32", shape, read });
  }
  return { tensors, metadata: {}, notes: [], warnings: [] };
}
