import type { Activation } from "../imageOps.ts";

export const LINEAR: Activation = { kind: "linear" };

const kinds: Record<Activation["kind"], number> = { linear: 1, relu: 2, "leaky-relu": 3, swish: 4, tanh: 5 };

/** An activation as kernels take it: kind (0 = none), slope, gain, limit; see assembly/activation.ts. */
export function activationArguments(activation: Activation): [number, number, number, number] {
  const { kind, slope = 0, gain = 1 } = activation;
  const limit = activation.clamp ?? Number.POSITIVE_INFINITY;
  const none = kind === "linear" && gain === 1 && limit === Number.POSITIVE_INFINITY;
  return [none ? 0 : kinds[kind], slope, gain, limit];
}
