import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { goldenNoise } from "../../../engine/tape/testing/goldenFill.ts";

export interface GoldenKey {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a case's tensors follow from the formula of FILL.md. */
export interface GoldenFill {
  readonly prefix: string;
  readonly adjust: readonly {
    readonly match: string;
    readonly rule?: string;
    readonly scale?: number;
    readonly offset?: number;
  }[];
  readonly skip: readonly string[];
}

/** One tensor by the formula; null where the case does not fill it. */
export function goldenTensor({ name, shape }: GoldenKey, fill: GoldenFill): Float32Array | null {
  if (fill.skip.some((pattern) => new RegExp(pattern).test(name))) return null;
  const change = fill.adjust.find(({ match }) => new RegExp(match).test(name));
  const count = shape.reduce((product, extent) => product * extent, 1);
  const fanIn = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const rule = RULES[change?.rule ?? defaultRule(name, shape)];
  if (!rule) throw new Error(`No rule ${change?.rule}.`);
  const { scale = 1, offset = 0 } = change ?? {};
  return Float32Array.from(goldenNoise(fill.prefix + name, count), (v) => rule(v, fanIn) * scale + offset);
}

const RULES: Readonly<Record<string, (v: number, fanIn: number) => number>> = {
  fan_in: (v, fanIn) => v * Math.sqrt(3 / fanIn),
  unit: (v) => v * Math.sqrt(3),
  raw: (v) => v,
  var: (v) => 1 + 0.5 * v,
  gain: (v) => 1 + 0.1 * v,
  mean: (v) => 0.1 * v,
  small: (v) => 0.1 * v,
  zero: () => 0,
};

function defaultRule(name: string, shape: readonly number[]): string {
  if (name.endsWith("num_batches_tracked")) return "zero";
  if (shape.length >= 2) return "fan_in";
  if (name.endsWith("running_var")) return "var";
  if (name.endsWith("running_mean")) return "mean";
  return name.endsWith("weight") ? "gain" : "small";
}

/** A checkpoint of tensors in memory; each is made when it is read. */
export function memoryCheckpoint(
  keys: readonly GoldenKey[],
  tensor: (key: GoldenKey) => Float32Array,
  more: Partial<CheckpointFile> = {},
): CheckpointFile {
  return {
    tensors: new Map(
      keys.map((key) => [key.name, { dtype: "F32", shape: key.shape, read: async () => tensor(key) } as const]),
    ),
    metadata: {},
    notes: [],
    warnings: [],
    format: "torch-zip",
    name: "test.pth",
    member: null,
    ema: null,
    config: new Map(),
    ...more,
  };
}

/** The largest excess of |a − b| over atol + rtol · |b|; at most 0 where all are within. */
export function excess(a: ArrayLike<number>, b: ArrayLike<number>, atol: number, rtol = 0): number {
  if (a.length !== b.length) return Number.NaN;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    const over = Math.abs(x - y) - (atol + rtol * Math.abs(y));
    if (!(over <= largest)) largest = over;
  }
  return largest;
}
