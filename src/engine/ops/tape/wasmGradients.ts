import type { Activation, ImageOps } from "../imageOps.ts";
import type { Device } from "../wasm/device.ts";
import { activationGradient, groupNormGradient, summedTo } from "./composed.ts";
import type { GradientOps } from "./gradientOps.ts";
import { recordFilterGradient } from "./wasmFilterGradient.ts";

/** Floats per channel that groupNormGradient keeps of an image. */
const NORM_ROWS = 6;

/**
 * Gradients of wasm operations in kernels of their own (assembly/gradients), recorded like all others.
 *
 * @param device that `ops` records with
 */
export function wasmGradients(ops: ImageOps, device: Device): GradientOps {
  const { arena } = device.recorder;
  return {
    filterGradient: (x, dy, shape, form) => recordFilterGradient(device, device.get(x), device.get(dy), shape, form),
    activationGradient: (x, dy, activation) => activationGradient(ops, x, dy, activation),

    groupNormGradient(x, dy, groups, gamma, beta, eps, activation) {
      if (!isFused(activation)) return groupNormGradient(ops, x, dy, groups, gamma, beta, eps, activation);
      const [from, to] = [device.get(x), device.create(x.shape)];
      const [n, channels] = x.shape;
      const sums = [device.create([n, channels, 1, 1]), device.create([n, channels, 1, 1])] as const;
      const work = arena.take(n * NORM_ROWS * from.blocks * 32);
      device.items(n, from.bytes / n, "groupNormGradient", [
        ...[device.describe(from), device.describe(device.get(dy)), device.describe(to)],
        ...[gamma, beta, ...sums].map((vector) => device.get(vector).address),
        ...[channels, groups, eps, activation.kind === "swish" ? 1 : 0, work],
      ]);
      arena.give(work);
      return { x: to, gamma: summedTo(ops, sums[0], gamma.shape), beta: summedTo(ops, sums[1], beta.shape) };
    },

    attentionGradient(q, k, v, dy, scale) {
      const [depth, width] = [q, v].map((value) => device.get(value).blocks * 32) as [number, number];
      const queries = q.shape[2] * q.shape[3];
      const keys = k.shape[2] * k.shape[3];
      const stride = 2 * (queries + keys) * depth + (2 * keys + queries) * width + 2 * 4 * Math.ceil(keys / 4) * 4;
      const work = arena.take(q.shape[0] * stride);
      const out = { q: device.create(q.shape), k: device.create(k.shape), v: device.create(v.shape) };
      const maps = [q, k, v, dy].map((value) => device.describe(device.get(value)));
      const gradients = [out.q, out.k, out.v].map((value) => device.describe(value));
      device.items(q.shape[0], stride, "attentionGradient", [...maps, ...gradients, scale, work, stride]);
      arena.give(work);
      return out;
    },
  };
}

function isFused({ kind, gain = 1, clamp = null }: Activation): boolean {
  return (kind === "linear" || kind === "swish") && gain === 1 && clamp === null;
}
