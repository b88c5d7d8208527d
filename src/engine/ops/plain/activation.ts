import { exactExp } from "../../../random/exactMath.ts";
import type { Activation } from "../imageOps.ts";

export const LINEAR: Activation = { kind: "linear" };

/** to[at …] = activation of the numbers in `from`. NaN stays NaN. */
export function activateInto(from: Float64Array, to: Float32Array, at: number, activation: Activation): void {
  const gain = activation.gain ?? 1;
  const clamp = activation.clamp ?? Number.POSITIVE_INFINITY;
  const f = functions[activation.kind];
  const slope = activation.slope ?? 0;
  for (let i = 0; i < from.length; i++) {
    const y = gain * f(from[i] as number, slope);
    to[at + i] = y > clamp ? clamp : y < -clamp ? -clamp : y;
  }
}

const functions: Record<Activation["kind"], (x: number, slope: number) => number> = {
  linear: (x) => x,
  relu: (x) => (x < 0 ? 0 : x),
  "leaky-relu": (x, slope) => (x < 0 ? slope * x : x),
  swish: (x) => x / (1 + exactExp(-x)),
  tanh: exactTanh,
};

function exactTanh(x: number): number {
  // Near 0 the quotient loses its digits; what the series leaves out is below 1e-13 of the result.
  if (Math.abs(x) < 0.01) return x * (1 - (x * x) / 3 + (2 * x ** 4) / 15);
  const e = exactExp(-2 * Math.abs(x));
  return (Math.sign(x) * (1 - e)) / (1 + e);
}
