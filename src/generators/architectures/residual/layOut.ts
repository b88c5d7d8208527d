import type { ConvolutionForm, ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import type { Layer, NormStatistics, NormWeights } from "../batchNorm.ts";
import type { AttentionWeights, BlockWeights, ResidualWeights } from "./forward.ts";
import {
  type AttentionPlan,
  type BlockPlan,
  chunkOf,
  type NormPlan,
  type ResidualPlan,
  type WeightPlan,
} from "./plan.ts";

/**
 * Numbers by name, spectral norms divided out: a weight under its module's name ("blocks.0.0.conv2d1"), a bias under
 * "….bias", everything else under its key.
 */
export type HostWeights = ReadonlyMap<string, Float32Array>;

/**
 * Lays a network out on a device.
 * @param statistics those to fold in, in the order of {@link normsOf}; "batch": of each batch, as in training
 */
export function layOut(
  ops: ImageOps,
  plan: ResidualPlan,
  host: HostWeights,
  statistics: readonly NormStatistics[] | "batch",
): ResidualWeights {
  let at = 0;
  const norm = (of: NormPlan): NormWeights =>
    statistics === "batch" ? batchNorm(ops, of, host) : foldedNorm(ops, of, host, taken(statistics[at++]));
  const stages = plan.stages.map((stage) =>
    stage.kind === "block" ? block(ops, stage, host, norm) : attention(ops, stage, host),
  );
  return {
    condition: plan.condition,
    chunk: chunkOf(plan),
    embedding: embedding(ops, plan, host),
    first: first(ops, plan, host),
    channels: plan.channels,
    side: plan.side,
    stages,
    lastNorm: norm(plan.lastNorm),
    last: last(ops, plan.last, host),
  };
}

/** Frees the weights of the convolutions; values go with the scope that they were laid out in. */
export function freeWeights(ops: ImageOps, of: unknown): void {
  if (typeof of !== "object" || of === null) return;
  if ("cout" in of && "cin" in of) ops.freeWeights(of as ConvolutionWeights);
  else if ("shape" in of) ops.free(of as Value);
  else for (const part of Object.values(of)) freeWeights(ops, part);
}

function block(ops: ImageOps, plan: BlockPlan, host: HostWeights, norm: (of: NormPlan) => NormWeights): BlockWeights {
  return {
    kind: "block",
    branch: plan.branch.map((step, k) => ({
      norm: norm(step.norm),
      convolution: layer(ops, step.convolution, host, k === plan.doubled ? "nearest" : "none"),
    })),
    doubled: plan.doubled !== null,
    shortcut: plan.shortcut === null ? null : layer(ops, plan.shortcut, host),
    outputs: plan.outputs,
  };
}

function attention(ops: ImageOps, plan: AttentionPlan, host: HostWeights): AttentionWeights {
  const [gain = Number.NaN] = taken(host.get(plan.gain));
  const out = taken(host.get(plan.out.name)).map((value) => value * gain);
  return {
    kind: "attention",
    theta: layer(ops, plan.theta, host).weights,
    phi: layer(ops, plan.phi, host).weights,
    g: layer(ops, plan.g, host).weights,
    out: kernel(ops, out, plan.out.shape),
  };
}

function batchNorm(ops: ImageOps, { affine, channels, eps }: NormPlan, host: HostWeights): NormWeights {
  if (affine.kind === "learned") {
    const [scale, shift] = [affine.gain, affine.bias].map((name) => vector(ops, taken(host.get(name))));
    return { kind: "batch", scale: taken(scale), shift: taken(shift), eps };
  }
  const gain = layer(ops, affine.gain, host);
  const one = vector(ops, new Float32Array(channels).fill(1));
  return { kind: "batch", scale: { ...gain, bias: one }, shift: layer(ops, affine.bias, host), eps };
}

/** gain/√(v + eps) and bias − mean · gain/√(v + eps), in float64 and rounded once. */
function foldedNorm(ops: ImageOps, plan: NormPlan, host: HostWeights, { mean, variance }: NormStatistics): NormWeights {
  const { affine, channels, eps } = plan;
  const inverse = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + eps));
  const offset = inverse.map((value, c) => -value * (mean[c] as number));
  if (affine.kind === "learned") {
    const gain = taken(host.get(affine.gain));
    const bias = taken(host.get(affine.bias));
    const scale = Float32Array.from(gain, (value, c) => value * (inverse[c] as number));
    const shift = Float32Array.from(gain, (value, c) => (bias[c] as number) + value * (offset[c] as number));
    return { kind: "folded", scale: vector(ops, scale), shift: vector(ops, shift), eps };
  }
  const gain = rowMajor(affine.gain, host);
  const bias = rowMajor(affine.bias, host);
  const columns = gain.length / channels;
  const row = (i: number) => Math.floor(i / columns);
  const scale = Float32Array.from(gain, (value, i) => value * (inverse[row(i)] as number));
  const shift = Float32Array.from(gain, (value, i) => (bias[i] as number) + value * (offset[row(i)] as number));
  const shape = [channels, columns];
  return {
    kind: "folded",
    scale: { weights: kernel(ops, scale, shape), bias: vector(ops, Float32Array.from(inverse)) },
    shift: { weights: kernel(ops, shift, shape), bias: vector(ops, Float32Array.from(offset)) },
    eps,
  };
}

function embedding(ops: ImageOps, { condition, classes }: ResidualPlan, host: HostWeights): ConvolutionWeights | null {
  if (condition.embedding === null || classes === null) return null;
  const { name, size, transposed } = condition.embedding;
  const table = taken(host.get(name));
  return kernel(ops, transposed ? table : transpose(table, classes), [size, classes]);
}

function first(ops: ImageOps, { first, firstOrder, channels, side }: ResidualPlan, host: HostWeights): Layer {
  if (firstOrder === "chw") return layer(ops, first, host);
  // A row of the file is (pixel, channel): the rows of a transposed matrix [pixels, channels].
  const pixels = side ** 2;
  const columns = first.shape[1] as number;
  const reordered = (numbers: Float32Array, width: number): Float32Array => {
    const out = new Float32Array(numbers.length);
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) {
        const from = (p * channels + c) * width;
        out.set(numbers.subarray(from, from + width), (c * pixels + p) * width);
      }
    }
    return out;
  };
  return {
    weights: kernel(ops, reordered(taken(host.get(first.name)), columns), first.shape),
    bias: vector(ops, reordered(taken(host.get(`${first.name}.bias`)), 1)),
  };
}

/** Only the first three channels of the last layer are a picture. */
function last(ops: ImageOps, { name, shape }: WeightPlan, host: HostWeights): Layer {
  const [out = 3, ...rest] = shape;
  const weight = taken(host.get(name));
  return {
    weights: kernel(ops, weight.slice(0, (weight.length / out) * 3), [3, ...rest]),
    bias: vector(ops, taken(host.get(`${name}.bias`)).slice(0, 3)),
  };
}

function layer(ops: ImageOps, plan: WeightPlan, host: HostWeights, up: "none" | "nearest" = "none"): Layer {
  const bias = plan.bias ? vector(ops, taken(host.get(`${plan.name}.bias`))) : null;
  return { weights: kernel(ops, rowMajor(plan, host), plan.shape, up), bias };
}

function rowMajor({ name, shape, table }: WeightPlan, host: HostWeights): Float32Array {
  const weight = taken(host.get(name));
  return table === true ? transpose(weight, shape[1] as number) : weight;
}

/** [rows, columns] → [columns, rows]. */
function transpose(numbers: Float32Array, rows: number): Float32Array {
  const columns = numbers.length / rows;
  return Float32Array.from(numbers, (_, i) => numbers[(i % rows) * columns + Math.floor(i / rows)] as number);
}

function kernel(
  ops: ImageOps,
  weight: Float32Array,
  shape: readonly number[],
  up: ConvolutionForm["up"] = "none",
): ConvolutionWeights {
  const [cout = 1, cin = 1, kh = 1, kw = 1] = shape;
  const [y, x] = [(kh - 1) / 2, (kw - 1) / 2];
  return ops.convolutionWeights(weight, [cout, cin, kh, kw], { up, stride: 1, padding: [y, y, x, x] });
}

function vector(ops: ImageOps, numbers: Float32Array): Value {
  return ops.upload(numbers, [1, numbers.length, 1, 1]);
}

function taken<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Error("A plan names what its checkpoint does not have: its keys were not checked.");
  return value;
}
