import type { Window } from "../../../networks/trunk.ts";

/** Height and width of a map. */
export interface Sides {
  readonly height: number;
  readonly width: number;
}

/** The pixels of dx, along one axis, that the same taps reach. */
interface AxisPhase {
  /** The first of them; further ones lie a stride apart. */
  readonly start: number;
  readonly count: number;
  /** Descending, because dy is read forwards. */
  readonly taps: readonly number[];
  /** What the first tap reads for the first pixel, as an index into dy; may be negative. */
  readonly first: number;
}

/**
 * The input pixels of one phase and the taps that reach them. Stride s has s × s phases (s even/odd rows × even/odd
 * columns for s = 2), each a small stride-1 convolution of dy, so that no zero is ever multiplied.
 */
export interface GradientPhase {
  readonly rows: AxisPhase;
  readonly columns: AxisPhase;
  /** Taps of the kernel in reading order, rows.taps.length × columns.taps.length of them. */
  readonly taps: readonly number[];
}

function axisPhases(length: number, { kernel, stride, padding }: Window): AxisPhase[] {
  const phases: AxisPhase[] = [];
  for (let start = 0; start < Math.min(stride, length); start++) {
    const taps: number[] = [];
    for (let tap = kernel - 1; tap >= 0; tap--) if ((start + padding - tap) % stride === 0) taps.push(tap);
    const first = taps.length === 0 ? 0 : (start + padding - (taps[0] as number)) / stride;
    phases.push({ start, count: Math.ceil((length - start) / stride), taps, first });
  }
  return phases;
}

export function gradientPhases(window: Window, dx: Sides): GradientPhase[] {
  const columns = axisPhases(dx.width, window);
  return axisPhases(dx.height, window).flatMap((rows) =>
    columns.map((column) => {
      const taps = rows.taps.flatMap((ky) => column.taps.map((kx) => ky * window.kernel + kx));
      return { rows, columns: column, taps };
    }),
  );
}

/** How far the taps of some phase reach beyond dy. */
export function gradientBorder(window: Window, dx: Sides, dy: Sides): number {
  const reach = (phases: readonly AxisPhase[], length: number) =>
    phases.map(({ taps, first, count }) => {
      return taps.length === 0 ? 0 : Math.max(-first, first + taps.length - 1 + count - 1 - (length - 1));
    });
  return Math.max(
    0,
    ...reach(axisPhases(dx.height, window), dy.height),
    ...reach(axisPhases(dx.width, window), dy.width),
  );
}
