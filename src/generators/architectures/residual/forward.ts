import type { Activation, ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import { type BatchMoments, type Layer, type NormWeights, normalise } from "../batchNorm.ts";
import type { ConditionPlan } from "./plan.ts";

/** A {@link ResidualPlan} on a device. */
export interface ResidualWeights {
  readonly condition: Pick<ConditionPlan, "label" | "latent" | "order">;
  /** Floats of z for the first layer, and for each block where z is split. */
  readonly chunk: number;
  /** [size, classes, 1, 1] */
  readonly embedding: ConvolutionWeights | null;
  /** Rows in c, h, w order. */
  readonly first: Layer;
  readonly channels: number;
  readonly side: number;
  readonly stages: readonly (BlockWeights | AttentionWeights)[];
  readonly lastNorm: NormWeights;
  readonly last: Layer;
}

export interface BlockWeights {
  readonly kind: "block";
  readonly branch: readonly { readonly norm: NormWeights; readonly convolution: Layer }[];
  readonly doubled: boolean;
  readonly shortcut: Layer | null;
  readonly outputs: number;
}

export interface AttentionWeights {
  readonly kind: "attention";
  readonly theta: ConvolutionWeights;
  readonly phi: ConvolutionWeights;
  readonly g: ConvolutionWeights;
  /** The learned gain folded in. */
  readonly out: ConvolutionWeights;
}

const RELU: Activation = { kind: "relu" };
const HALVED = { kernel: 2, stride: 2, padding: 0 };

/**
 * Images [n, 3, r, r] in (−1, 1). A pure function of its arguments: it can be recorded and differentiated, and weights
 * whose norms are of kind "batch" make it the forward pass of training.
 *
 * @param z [n, latent, 1, 1]
 * @param labels one-hot [n, classes, 1, 1]; null for an unconditional generator
 * @param onMoments gets the moments of each "batch" norm in order
 */
export function generate(
  ops: ImageOps,
  weights: ResidualWeights,
  z: Value,
  labels: Value | null,
  onMoments?: (moments: BatchMoments) => void,
): Value {
  const { condition, chunk } = weights;
  const embedded = labels !== null && weights.embedding !== null ? ops.convolution(labels, weights.embedding) : labels;
  const whole = condition.latent === "whole" ? joined(ops, condition.order, embedded, z) : embedded;
  let first = z;
  if (condition.latent === "whole" && whole !== null) first = whole;
  if (condition.latent === "chunks") first = ops.channels(z, 0, chunk);
  const rows = ops.convolution(first, weights.first.weights, { bias: weights.first.bias });
  let x = ops.reshape(rows, [z.shape[0], weights.channels, weights.side, weights.side]);
  let from = chunk;
  for (const stage of weights.stages) {
    const input = x;
    if (stage.kind === "attention") {
      x = ops.scope(() => attend(ops, stage, input));
      continue;
    }
    let told = whole;
    if (condition.latent === "chunks") {
      told = joined(ops, condition.order, embedded, ops.channels(z, from, from + chunk));
      from += chunk;
    }
    x = block(ops, stage, input, told, onMoments);
  }
  x = normalise(ops, x, weights.lastNorm, null, RELU, onMoments);
  return ops.convolution(x, weights.last.weights, { bias: weights.last.bias, activation: { kind: "tanh" } });
}

function joined(ops: ImageOps, order: ConditionPlan["order"], label: Value | null, latent: Value): Value {
  if (label === null) return latent;
  return order === "label-first" ? ops.concat(label, latent) : ops.concat(latent, label);
}

/** Nothing lives on but the result and the moments, so that a block's maps make room for the next block's. */
function block(
  ops: ImageOps,
  { branch, doubled, shortcut, outputs }: BlockWeights,
  x: Value,
  condition: Value | null,
  onMoments?: (moments: BatchMoments) => void,
): Value {
  const moments: BatchMoments[] = [];
  const [result] = ops.scope((): readonly [Value, ...Value[]] => {
    let h = x;
    branch.forEach(({ norm, convolution }, at) => {
      h = normalise(ops, h, norm, condition, RELU, (made) => moments.push(made));
      const addend = at === branch.length - 1 ? carried(ops, x, shortcut, outputs, doubled) : null;
      h = ops.convolution(h, convolution.weights, { bias: convolution.bias, addend });
    });
    return [h, ...moments.flatMap(({ mean, variance }) => [mean, variance])];
  });
  for (const made of moments) onMoments?.(made);
  return result;
}

/** What goes past the branch. A 1×1 convolution and the repetition of pixels commute: first the cheaper. */
function carried(ops: ImageOps, x: Value, shortcut: Layer | null, outputs: number, doubled: boolean): Value {
  let narrow = x;
  if (shortcut !== null) narrow = ops.convolution(x, shortcut.weights, { bias: shortcut.bias });
  else if (x.shape[1] !== outputs) narrow = ops.channels(x, 0, outputs);
  return doubled ? ops.upsampleNearest(narrow) : narrow;
}

function attend(ops: ImageOps, { theta, phi, g, out }: AttentionWeights, x: Value): Value {
  const queries = ops.convolution(x, theta);
  const keys = ops.maxPool(ops.convolution(x, phi), HALVED);
  const values = ops.maxPool(ops.convolution(x, g), HALVED);
  return ops.convolution(ops.attention(queries, keys, values, 1), out, { addend: x });
}
