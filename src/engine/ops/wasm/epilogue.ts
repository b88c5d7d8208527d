import type { MapValue } from "./mapValue.ts";

/** What a convolution adds to its sums, and does to them. */
export interface Epilogue {
  /** Address of a float per output channel; 0 = none. */
  readonly bias: number;
  /** Laid out as the result; null = none. */
  readonly addend: MapValue | null;
  readonly activation: readonly [number, number, number, number];
}
