import type { Activation } from "../imageOps.ts";

/** WGSL `activated(value, slope, gain, limit)`, by kind: gain · f(value), clamped to ±limit where limit ≥ 0. */
export function activationFunction(kind: Activation["kind"]): string {
  return `
    fn activated(value : f32, slope : f32, gain : f32, limit : f32) -> f32 {
      let y = gain * (${expressions[kind]});
      // WGSL's min and max may drop NaN.
      if (limit < 0.0 || isnan(y)) { return y; }
      return clamp(y, -limit, limit);
    }`;
}

/** exp is kept finite: WGSL leaves open what comes of infinity. */
const expressions: Record<Activation["kind"], string> = {
  linear: "value",
  relu: "select(value, 0.0, value < 0.0)",
  "leaky-relu": "select(value, value * slope, value < 0.0)",
  swish: "value / (1.0 + exp(min(-value, 80.0)))",
  tanh: "select(tanh(clamp(value, -20.0, 20.0)), value, isnan(value))",
};

export const linear: Activation = { kind: "linear" };

/** The uniforms that a program with `activated` declares. */
export const activationUniforms = { slope: "f32", gain: "f32", limit: "f32" } as const;

/** WGSL: `value` activated with those uniforms. */
export const activated = (value: string) => `activated(${value}, uniforms.slope, uniforms.gain, uniforms.limit)`;

export function activationNumbers({ slope, gain, clamp }: Activation) {
  return { slope: slope ?? 0, gain: gain ?? 1, limit: clamp ?? -1 };
}
