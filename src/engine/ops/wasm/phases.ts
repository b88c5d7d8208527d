import type { Kernel } from "../shapes.ts";

/**
 * One of the direct convolutions that a convolution consists of: output (step · i + row, step · j + column) reads
 * kh × kw pixels from (stride · i + top, stride · j + left) on.
 */
export interface Phase {
  readonly row: number;
  readonly column: number;
  /** 1, or 2 where four phases interleave. */
  readonly step: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
  readonly kh: number;
  readonly kw: number;
  /** Per tap which taps of the kernel it is the sum of. */
  readonly sums: readonly (readonly number[])[];
}

interface Axis {
  readonly at: number;
  readonly step: number;
  readonly from: number;
  /** Per tap the kernel's taps along this axis. */
  readonly taps: readonly (readonly number[])[];
}

/** What a convolution consists of: itself, or four phases where the input is enlarged first. */
export function phasesOf({ kh, kw, form }: Kernel): Phase[] {
  const [top, , left] = form.padding;
  const axis = { none: plainAxis, nearest: nearestAxis, transposed: transposedAxis }[form.up];
  return axis(kh, top).flatMap((rows) =>
    axis(kw, left).map((columns) => ({
      ...{ row: rows.at, column: columns.at, step: rows.step, stride: form.stride },
      ...{ top: rows.from, left: columns.from, kh: rows.taps.length, kw: columns.taps.length },
      sums: rows.taps.flatMap((ys) => columns.taps.map((xs) => ys.flatMap((y) => xs.map((x) => y * kw + x)))),
    })),
  );
}

function plainAxis(kernel: number, padding: number): Axis[] {
  return [{ at: 0, step: 1, from: -padding, taps: Array.from({ length: kernel }, (_, k) => [k]) }];
}

/** Output 2i + p reads the repeated pixels 2i + p − padding + k: pixel i + ⌊(p − padding + k) / 2⌋. */
function nearestAxis(kernel: number, padding: number): Axis[] {
  return [0, 1].map((at) => {
    const offsets = Array.from({ length: kernel }, (_, k) => Math.floor((at - padding + k) / 2));
    const from = offsets[0] as number;
    const taps: number[][] = [];
    offsets.forEach((offset, k) => {
      taps[offset - from] ??= [];
      taps[offset - from]?.push(k);
    });
    return { at, step: 2, from, taps };
  });
}

/** Output 2i + p = 2 · pixel + k: the taps k of p's parity, the largest at the first pixel. */
function transposedAxis(kernel: number): Axis[] {
  return [0, 1].map((at) => {
    const taps: number[][] = [];
    for (let k = at; k < kernel; k += 2) taps.unshift([k]);
    return { at, step: 2, from: 1 - taps.length, taps };
  });
}

/** Outputs of a phase along an axis of `length`. */
export function phaseLength(length: number, at: number, step: number): number {
  return Math.max(0, Math.ceil((length - at) / step));
}

/** How wide a border an input of [h, w] needs for the outputs of [height, width]. */
export function borderFor(
  phases: readonly Phase[],
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): number {
  let border = 0;
  for (const { row, column, step, stride, top, left, kh, kw } of phases) {
    if (kh * kw === 0) continue;
    const lastRow = (phaseLength(height, row, step) - 1) * stride + top + kh;
    const lastColumn = (phaseLength(width, column, step) - 1) * stride + left + kw;
    border = Math.max(border, -top, -left, lastRow - h, lastColumn - w);
  }
  return border;
}
