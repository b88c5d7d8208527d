import type { Shape, Value } from "../imageOps.ts";
import { elements } from "../shapes.ts";

/** A tensor as it lies in row-major order. */
export class PlainValue implements Value {
  readonly data: Float32Array;

  constructor(
    readonly shape: Shape,
    data: Float32Array | null = null,
  ) {
    this.data = data ?? new Float32Array(elements(shape));
  }
}
