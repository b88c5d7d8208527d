import type { Tensor } from "@tensorflow/tfjs-core";
import type { Activation, Shape } from "../imageOps.ts";
import { activated, activationFunction, activationNumbers, activationUniforms, linear } from "./activation.ts";
import type { Run } from "./runner.ts";
import { type GpuValue, placeFunction, sides, strides } from "./value.ts";

/** y = activate(x · scale + shift), scale and shift repeated to x's shape; either may be missing. */
export function scaleShift(
  run: Run,
  x: GpuValue,
  scale: GpuValue | null,
  shift: GpuValue | null,
  activation: Activation = linear,
): Tensor {
  const given = [scale && { name: "scale", value: scale }, shift && { name: "shift", value: shift }].filter(
    (each) => each !== null,
  );
  const at = (name: string) => `${name}[along(at, uniforms.${name}Strides)]`;
  const product = scale ? `x[index] * ${at("scale")}` : "x[index]";
  return run(
    {
      name: "scaleShift",
      variant: `${activation.kind} ${given.map(({ name }) => name)}`,
      inputs: ["x", ...given.map(({ name }) => name)],
      uniforms: {
        sides: "vec4<i32>",
        ...Object.fromEntries(given.map(({ name }) => [`${name}Strides`, "vec4<i32>" as const])),
        ...activationUniforms,
      },
      functions: placeFunction + activationFunction(activation.kind),
      code: `
        let at = place(index, uniforms.sides);
        result[index] = ${activated(shift ? `${product} + ${at("shift")}` : product)};`,
    },
    [x.tensor, ...given.map(({ value }) => value.tensor)],
    {
      sides: sides(x.shape),
      ...Object.fromEntries(given.map(({ name, value }) => [`${name}Strides`, strides(value.shape)])),
      ...activationNumbers(activation),
    },
    x.tensor.size,
  );
}

/** (a + b) · gain, or a · b, with b repeated to a's shape. */
export function combine(run: Run, operation: "add" | "multiply", a: GpuValue, b: GpuValue, gain: number): Tensor {
  const other = "b[along(place(index, uniforms.sides), uniforms.strides)]";
  return run(
    {
      name: operation,
      inputs: ["a", "b"],
      uniforms: { sides: "vec4<i32>", strides: "vec4<i32>", gain: "f32" },
      functions: placeFunction,
      code: `result[index] = ${operation === "add" ? `(a[index] + ${other}) * uniforms.gain` : `a[index] * ${other}`};`,
    },
    [a.tensor, b.tensor],
    { sides: sides(a.shape), strides: strides(b.shape), gain },
    a.tensor.size,
  );
}

export function inverseRoot(run: Run, x: GpuValue, eps: number): Tensor {
  return run(
    {
      name: "inverseRoot",
      inputs: ["x"],
      uniforms: { eps: "f32" },
      code: "result[index] = inverseSqrt(x[index] + uniforms.eps);",
    },
    [x.tensor],
    { eps },
    x.tensor.size,
  );
}

/** Channels of a, then those of b. */
export function concat(run: Run, a: GpuValue, b: GpuValue, shape: Shape): Tensor {
  return run(
    {
      name: "concat",
      inputs: ["a", "b"],
      uniforms: { first: "i32", all: "i32" },
      code: `
        let pixel = index / uniforms.all;
        let channel = index % uniforms.all;
        if (channel < uniforms.first) {
          result[index] = a[pixel * uniforms.first + channel];
        } else {
          result[index] = b[pixel * (uniforms.all - uniforms.first) + channel - uniforms.first];
        }`,
    },
    [a.tensor, b.tensor],
    { first: a.shape[1], all: shape[1] },
    a.tensor.size + b.tensor.size,
  );
}

export function channels(run: Run, x: GpuValue, from: number, shape: Shape): Tensor {
  return run(
    {
      name: "channels",
      inputs: ["x"],
      uniforms: { start: "i32", some: "i32", all: "i32" },
      code: "result[index] = x[index / uniforms.some * uniforms.all + uniforms.start + index % uniforms.some];",
    },
    [x.tensor],
    { start: from, some: shape[1], all: x.shape[1] },
    (x.tensor.size / x.shape[1]) * shape[1],
  );
}
