import type { Activation, ImageOps, Shape, Value } from "../imageOps.ts";

/** Gradients made of forward operations, so that they run on any device. */

export function scaled(ops: ImageOps, x: Value, gain: number): Value {
  return gain === 1 ? x : ops.activate(x, { kind: "linear", gain });
}

/** [1, c, 1, 1] of one number. */
export function filled(ops: ImageOps, c: number, value: number): Value {
  return ops.upload(new Float32Array(c).fill(value), [1, c, 1, 1]);
}

/** The per-channel or per-image vector `v` repeated to the shape of `like`. */
export function repeated(ops: ImageOps, v: Value, like: Value): Value {
  return ops.scaleShift(like, filled(ops, like.shape[1], 0), v);
}

/**
 * The sum of `gradient` over the axes along which a value of `shape` was repeated.
 * @throws RangeError unless shape is gradient's, [n, c, 1, 1], [1, c, 1, 1] or [1, 1, 1, 1]
 */
export function summedTo(ops: ImageOps, gradient: Value, shape: Shape): Value {
  const [n, c, h, w] = gradient.shape;
  if (shape.every((side, axis) => side === gradient.shape[axis])) return gradient;
  const spatial = shape[2] === 1 && shape[3] === 1;
  if (spatial && shape[0] === n && shape[1] === c) return scaled(ops, ops.globalAverage(gradient), h * w);
  if (spatial && shape[0] === 1 && shape[1] === c) {
    return scaled(ops, ops.channelMoments(gradient).mean, n * h * w);
  }
  if (spatial && shape[0] === 1 && shape[1] === 1) {
    return scaled(ops, ops.globalAverage(ops.reshape(gradient, [1, 1, n * c * h, w])), n * c * h * w);
  }
  throw new RangeError(`The tape sums over images or pixels, but not [${gradient.shape}] to [${shape}].`);
}

/** dy · f'(x). The clamp must be absent; relu's slope at 0 is 0. */
export function activationGradient(ops: ImageOps, x: Value, dy: Value, activation: Activation): Value {
  const { kind, gain = 1, slope = 0.2, clamp } = activation;
  if (clamp !== undefined && clamp !== null) throw new RangeError("The tape does not differentiate a clamp.");
  switch (kind) {
    case "linear":
      return scaled(ops, dy, gain);
    case "relu":
      return scaled(ops, ops.multiply(dy, positive(ops, x)), gain);
    case "leaky-relu": {
      // slope + (1 − slope) · [x > 0]
      const c = x.shape[1];
      const factor = ops.scaleShift(positive(ops, x), filled(ops, c, gain * (1 - slope)), filled(ops, c, gain * slope));
      return ops.multiply(dy, factor);
    }
    case "tanh": {
      const y = ops.activate(x, { kind: "tanh" });
      const c = x.shape[1];
      return ops.multiply(dy, ops.scaleShift(ops.multiply(y, y), filled(ops, c, -gain), filled(ops, c, gain)));
    }
    case "swish": {
      // σ(x) = ½ + ½ tanh(x/2); f' = σ + f · (1 − σ)
      const c = x.shape[1];
      const half = ops.activate(scaled(ops, x, 0.5), { kind: "tanh" });
      const sigmoid = ops.scaleShift(half, filled(ops, c, 0.5), filled(ops, c, 0.5));
      const rest = ops.scaleShift(half, filled(ops, c, -0.5), filled(ops, c, 0.5));
      const slopes = ops.add(sigmoid, ops.multiply(ops.activate(x, { kind: "swish" }), rest));
      return ops.multiply(scaled(ops, dy, gain), slopes);
    }
  }
}

/** 1 where x > 10⁻³⁰, else 0. */
function positive(ops: ImageOps, x: Value): Value {
  return ops.activate(x, { kind: "relu", gain: 1e30, clamp: 1 });
}

/** Gradients of group norm with what follows it, by the formula of Wu & He 2018's layer. */
export function groupNormGradient(
  ops: ImageOps,
  x: Value,
  dy: Value,
  groups: number,
  gamma: Value,
  beta: Value,
  eps: number,
  activation: Activation,
): { x: Value; gamma: Value; beta: Value } {
  const [n, c, h, w] = x.shape;
  // One "channel" per image and group, so that channel statistics are group statistics.
  const byGroup: Shape = [1, n * groups, (c / groups) * h, w];
  const grouped = ops.reshape(x, byGroup);
  const { mean, variance } = ops.channelMoments(grouped);
  const inverse = ops.inverseRoot(variance, eps);
  const offset = scaled(ops, ops.multiply(mean, inverse), -1);
  const normal = ops.reshape(ops.scaleShift(grouped, inverse, offset), x.shape);
  const z = ops.scaleShift(normal, gamma, beta);
  const dz = activation.kind === "linear" && !activation.gain ? dy : activationGradient(ops, z, dy, activation);
  const dNormal = ops.reshape(ops.scaleShift(dz, gamma, null), byGroup);
  const flat = ops.reshape(normal, byGroup);
  const meanGradient = ops.channelMoments(dNormal).mean;
  const meanProduct = ops.channelMoments(ops.multiply(dNormal, flat)).mean;
  const alongNormal = ops.scaleShift(flat, scaled(ops, meanProduct, -1), scaled(ops, meanGradient, -1));
  const dx = ops.scaleShift(ops.add(dNormal, alongNormal), inverse, null);
  return {
    x: ops.reshape(dx, x.shape),
    gamma: summedTo(ops, ops.multiply(dz, normal), gamma.shape),
    beta: summedTo(ops, dz, beta.shape),
  };
}
