import { Stream } from "../../../random/stream.ts";
import type { Shape } from "../imageOps.ts";

/** A tensor as the formulas of the tests see it: float64, read at any place; outside of it is 0. */
export class Tensor {
  readonly data: Float64Array;

  constructor(
    readonly shape: Shape,
    at: (n: number, c: number, y: number, x: number) => number,
  ) {
    const [N, C, H, W] = shape;
    this.data = new Float64Array(N * C * H * W);
    let i = 0;
    for (let n = 0; n < N; n++) {
      for (let c = 0; c < C; c++) {
        for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) this.data[i++] = at(n, c, y, x);
      }
    }
  }

  /** Normally distributed float32 numbers. */
  static seeded(name: string, shape: Shape): Tensor {
    const stream = new Stream(6, `operations ${name}`);
    return new Tensor(shape, () => Math.fround(stream.normal()));
  }

  at(n: number, c: number, y: number, x: number): number {
    const [N, C, H, W] = this.shape;
    if (n < 0 || c < 0 || y < 0 || x < 0 || n >= N || c >= C || y >= H || x >= W) return 0;
    return this.data[((n * C + c) * H + y) * W + x] as number;
  }

  /** Like {@link at}, an axis of length 1 repeated. */
  repeated(n: number, c: number, y: number, x: number): number {
    const [N, C, H, W] = this.shape;
    return this.at(n % N, c % C, y % H, x % W);
  }

  map(f: (value: number) => number): Tensor {
    return new Tensor(this.shape, (n, c, y, x) => f(this.at(n, c, y, x)));
  }

  get floats(): Float32Array {
    return Float32Array.from(this.data);
  }
}

/** Σ f(i) for i = 0 … count − 1. */
export function sum(count: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += f(i);
  return total;
}
