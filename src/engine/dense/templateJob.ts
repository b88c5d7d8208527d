import { checkedTemplates } from "./checks.ts";
import { blockBytes } from "./powerBlock.ts";
import type { RowJob } from "./rowJob.ts";

/** The kernel takes so many templates at a time. */
const GROUP = 4;

/** Largest −KL(softmax(z) ‖ d) of each row. Throws RangeError where the templates do not fit. */
export function templateJob(logits: Float32Array, columns: number, logTemplates: Float32Array): RowJob {
  const own = checkedTemplates(logTemplates, columns);
  const count = Math.ceil(own / GROUP) * GROUP;
  const padded = new Float32Array(count * columns);
  // The first once more in the places left over: it changes no maximum.
  for (let k = 0; k < count; k++) {
    const from = k < own ? k : 0;
    padded.set(logTemplates.subarray(from * columns, (from + 1) * columns), k * columns);
  }
  const hasZeros = padded.includes(Number.NEGATIVE_INFINITY);
  let logs = 0;
  let zeros = 0;
  return {
    ...{ rows: logits, columns, width: 1, scratchBytes: blockBytes(columns, 2) + 64 },
    cost: columns * (1.2 + count / 12),
    place: (layout) => {
      logs = layout.take(padded.length * 4);
      zeros = hasZeros ? layout.take(padded.length * 4) : 0;
      return (space) => {
        const isZero = (value: number) => value === Number.NEGATIVE_INFINITY;
        space.floats(logs, padded.length).set(padded.map((value) => (isZero(value) ? 0 : value)));
        if (hasZeros) space.floats(zeros, padded.length).set(padded.map((value) => (isZero(value) ? 1 : 0)));
      };
    },
    calls: (at) => [{ kernel: "templateMatch", args: [at.rows, columns, count, logs, zeros, at.out, at.scratch] }],
  };
}
