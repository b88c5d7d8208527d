import { checkModels } from "./checks.ts";
import type { StrayModels } from "./kernels.ts";
import { blockBytes, blockRows } from "./powerBlock.ts";
import type { RowJob } from "./rowJob.ts";

/** OpenMax's confidence of each row. Throws RangeError where the models do not fit. */
export function openMaxJob(
  logits: Float32Array,
  classes: number,
  models: StrayModels,
  alpha: number,
  confidence: "max" | "known",
): RowJob {
  checkModels(models, classes, alpha);
  const { means, scale, shape, small } = models;
  let at = 0;
  return {
    ...{ rows: logits, columns: classes, width: 1 },
    cost: 40 + 5 * classes + alpha * (20 + classes),
    scratchBytes: 2 * blockBytes(classes + 1, 1) + blockRows(classes + 1) * 20 * alpha + 8 * (classes + 3),
    place: (layout) => {
      at = layout.take((means.length + 3 * classes) * 8);
      return (space) => {
        const room = space.doubles(at, means.length + 3 * classes);
        room.set(means);
        for (const [i, values] of [scale, shape, small].entries()) room.set(values, means.length + i * classes);
      };
    },
    calls: ({ rows, out, scratch }) => [
      { kernel: "openMax", args: [rows, classes, at, alpha, confidence === "known" ? 1 : 0, out, scratch] },
    ],
  };
}
