import type { ConvolutionForm } from "../imageOps.ts";

/** A convolution of the input as it is whose result is one of the result's four interleaved quarters. */
export interface Phase {
  /** [kh, kw, cin, cout] */
  readonly weight: Float32Array;
  readonly shape: readonly [kh: number, kw: number, cin: number, cout: number];
  /** Zeros above and to the left of the input. */
  readonly top: number;
  readonly left: number;
}

/** For each tap of a phase's kernel, along one axis, the taps of the full kernel that are summed in it. */
interface AxisPhase {
  readonly taps: readonly (readonly number[])[];
  readonly before: number;
}

/**
 * The quarters of a convolution that doubles the resolution, in the order (even row, even column), (even, odd),
 * (odd, even), (odd, odd) of the result's pixels; no multiplication with an inserted zero, none done twice.
 *
 * @param weight [cout, cin, kh, kw]
 */
export function phases(weight: Float32Array, shape: readonly number[], form: ConvolutionForm): Phase[] {
  const [cout = 0, cin = 0, kh = 0, kw = 0] = shape;
  const [top, , left] = form.padding;
  const axis = form.up === "nearest" ? nearest : transposed;
  return [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const rows = axis(kh, form.up === "nearest" ? top : 0, row);
      const columns = axis(kw, form.up === "nearest" ? left : 0, column);
      return {
        weight: summed(weight, cout, cin, kh, kw, rows, columns),
        shape: [rows.taps.length, columns.taps.length, cin, cout] as const,
        top: rows.before,
        left: columns.before,
      };
    }),
  );
}

/** Output 2m + parity reads the repeated input at 2m + parity − padding + tap, which is pixel ⌊that / 2⌋. */
function nearest(kernel: number, padding: number, parity: number): AxisPhase {
  const offset = (tap: number) => Math.floor((parity - padding + tap) / 2);
  const first = offset(0);
  const taps: number[][] = Array.from({ length: offset(kernel - 1) - first + 1 }, () => []);
  for (let tap = 0; tap < kernel; tap++) taps[offset(tap) - first]?.push(tap);
  return { taps, before: -first };
}

/** Output 2m + parity gathers pixel m − j through tap parity + 2j. */
function transposed(kernel: number, _padding: number, parity: number): AxisPhase {
  const count = Math.ceil((kernel - parity) / 2);
  // A kernel of one tap leaves the odd pixels empty.
  if (count === 0) return { taps: [[]], before: 0 };
  return { taps: Array.from({ length: count }, (_, i) => [parity + 2 * (count - 1 - i)]), before: count - 1 };
}

function summed(
  weight: Float32Array,
  cout: number,
  cin: number,
  kh: number,
  kw: number,
  rows: AxisPhase,
  columns: AxisPhase,
): Float32Array {
  const result = new Float32Array(rows.taps.length * columns.taps.length * cin * cout);
  let at = 0;
  for (const rowTaps of rows.taps) {
    for (const columnTaps of columns.taps) {
      for (let i = 0; i < cin; i++) {
        for (let o = 0; o < cout; o++, at++) {
          let sum = 0;
          for (const u of rowTaps) {
            for (const v of columnTaps) sum += weight[((o * cin + i) * kh + u) * kw + v] as number;
          }
          result[at] = sum;
        }
      }
    }
  }
  return result;
}

/** [cout, cin, kh, kw] → [kh, kw, cin, cout]. */
export function plainPhase(weight: Float32Array, shape: readonly number[], form: ConvolutionForm): Phase {
  const [cout = 0, cin = 0, kh = 0, kw = 0] = shape;
  const each = (count: number): AxisPhase => ({ taps: Array.from({ length: count }, (_, tap) => [tap]), before: 0 });
  const [top, , left] = form.padding;
  return {
    weight: summed(weight, cout, cin, kh, kw, each(kh), each(kw)),
    shape: [kh, kw, cin, cout],
    top,
    left,
  };
}
