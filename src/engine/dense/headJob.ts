import type { Head } from "./kernels.ts";
import type { RowJob } from "./rowJob.ts";
import type { Space } from "./space.ts";
import type { KernelCall } from "./threadProtocol.ts";

/** Bytes of the tile that products are computed in. */
export const TILE_BYTES = 128;

/** min(f, ceiling) · weightᵀ + bias of each row. Throws RangeError where the head does not fit. */
export function headJob(features: Float32Array, dim: number, { weight, bias }: Head, ceiling: number): RowJob {
  const classes = bias.length;
  if (weight.length !== classes * dim) {
    throw new RangeError(`${weight.length} weights for ${classes} classes of ${dim} features.`);
  }
  const padded = Math.ceil(classes / 8) * 8;
  let panels = 0;
  let biases = 0;
  return {
    ...{ rows: features, columns: dim, width: classes, scratchBytes: TILE_BYTES },
    cost: (padded * dim) / 20,
    place: (layout) => {
      panels = layout.take(padded * dim * 4);
      biases = layout.take(padded * 4);
      const plain = layout.take(weight.length * 4);
      return (space) => {
        space.floats(plain, weight.length).set(weight);
        space.floats(biases, classes).set(bias);
        pack(space, plain, classes, dim, panels);
      };
    },
    calls: ({ rows, out, scratch }) => {
      const product = { kernel: "headLogits", args: [rows, dim, panels, biases, classes, out, scratch] };
      const clamp: KernelCall[] =
        ceiling === Number.POSITIVE_INFINITY ? [] : [{ kernel: "clampRows", args: [rows, dim, ceiling] }];
      return [...clamp, product];
    },
  };
}

/** Panels of eight rows of the [n, columns] at `plain`, on the calling thread. */
export function pack(space: Space, plain: number, n: number, columns: number, panels: number): void {
  const items = Math.ceil(n / 8);
  space.runHere({ calls: [{ kernel: "packRows", args: [plain, n, columns, panels] }], items, chunk: items });
}
