import { conv2d, matMul, type Rank, reshape, type Tensor, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import type { Activation, ConvolutionForm, Shape } from "../imageOps.ts";
import type { Kernel } from "../shapes.ts";
import { activated, activationFunction, activationNumbers, activationUniforms, linear } from "./activation.ts";
import { type Phase, phases, plainPhase } from "./phases.ts";
import { reproducibly } from "./reproducibly.ts";
import type { Run } from "./runner.ts";
import { type GpuValue, placeFunction, sides } from "./value.ts";

/** A convolution's weights on the GPU: one part, or the four phases of one that doubles the resolution. */
export interface GpuWeights extends Kernel {
  readonly parts: readonly Part[];
}

interface Part extends Omit<Phase, "weight"> {
  readonly weight: Tensor4D;
}

/** @param kernel checked; its data follows as [cout, cin, kh, kw] */
export function uploadWeights(kernel: Kernel, weight: Float32Array): GpuWeights {
  const { cout, cin, kh, kw, form } = kernel;
  const shape = [cout, cin, kh, kw];
  const parts = form.up === "none" ? [plainPhase(weight, shape, form)] : phases(weight, shape, form);
  return { ...kernel, parts: parts.map((part) => ({ ...part, weight: tensor4d(part.weight, [...part.shape]) })) };
}

/** @param shape of the result */
export function convolve(
  run: Run,
  x: GpuValue,
  weights: GpuWeights,
  shape: Shape,
  { bias, addend, activation = linear }: Epilogue,
): Tensor {
  const [first] = weights.parts;
  if (!first) throw new Error("A convolution has weights.");
  const { form } = weights;
  const [height, width] = form.up === "none" ? [shape[2], shape[3]] : [ceilHalf(shape[2]), ceilHalf(shape[3])];
  const results = weights.parts.map((part) => correlate(x, part, form, height, width));
  if (form.up === "none") {
    const [only] = results;
    if (!only) throw new Error("A convolution has a result.");
    const nothing = !bias && !addend && activation.kind === "linear" && !activation.gain && activation.clamp == null;
    return nothing ? only : finish(run, results, shape, { bias, addend, activation });
  }
  return finish(run, results, shape, { bias, addend, activation });
}

interface Epilogue {
  readonly bias: GpuValue | null;
  readonly addend: GpuValue | null;
  readonly activation?: Activation | undefined;
}

/** A plain correlation whose result is height × width: what padding that needs below and to the right follows. */
function correlate(x: GpuValue, part: Part, { stride }: ConvolutionForm, height: number, width: number): Tensor {
  const [n, c, h, w] = x.shape;
  const [kh, kw, , cout] = part.shape;
  const below = Math.max(0, (height - 1) * stride + kh - h - part.top);
  const right = Math.max(0, (width - 1) * stride + kw - w - part.left);
  if (h * w === 1 && kh * kw === 1) {
    // As a convolution it would be n products with one row each.
    return reproducibly(1, c, () => matMul(reshape(x.tensor, [n, c]), reshape(part.weight, [c, cout])));
  }
  const map = reshape<Rank.R4>(x.tensor, [n, h, w, c]);
  const padding: [number, number][] = [
    [0, 0],
    [part.top, below],
    [part.left, right],
    [0, 0],
  ];
  return reproducibly(n, kh * kw * c, () =>
    conv2d(map, part.weight, stride, padding as Parameters<typeof conv2d>[3], "NHWC", 1, "floor"),
  );
}

/** y = activate(convolved + bias + addend); four parts are interleaved as phases, and what lies beyond y left out. */
function finish(run: Run, parts: readonly Tensor[], shape: Shape, epilogue: Epilogue): Tensor {
  const { bias, addend, activation = linear } = epilogue;
  const names = ["even", "evenOdd", "oddEven", "odd"].slice(0, parts.length);
  const terms = [
    "convolved",
    ...(bias ? ["bias[index % uniforms.sides.w]"] : []),
    ...(addend ? ["addend[index]"] : []),
  ];
  const pick = names.map((name, i) => `if (phase == ${i}) { convolved = ${name}[source]; }`).join(" else ");
  const convolved =
    parts.length === 1
      ? "let convolved = even[index];"
      : `let at = place(index, uniforms.sides);
         let quarter = (uniforms.sides.yz + 1) / 2;
         let source = ((at.x * quarter.x + at.y / 2) * quarter.y + at.z / 2) * uniforms.sides.w + at.w;
         let phase = at.y % 2 * 2 + at.z % 2;
         var convolved = 0.0;
         ${pick}`;
  return run(
    {
      name: "finish",
      variant: `${parts.length} ${activation.kind} ${bias ? "bias" : ""} ${addend ? "addend" : ""}`,
      inputs: [...names, ...(bias ? ["bias"] : []), ...(addend ? ["addend"] : [])],
      uniforms: { sides: "vec4<i32>", ...activationUniforms },
      functions: placeFunction + activationFunction(activation.kind),
      code: `${convolved} result[index] = ${activated(terms.join(" + "))};`,
    },
    [...parts, ...(bias ? [bias.tensor] : []), ...(addend ? [addend.tensor] : [])],
    { sides: sides(shape), ...activationNumbers(activation) },
    shape[0] * shape[1] * shape[2] * shape[3],
  );
}

function ceilHalf(side: number): number {
  return Math.ceil(side / 2);
}
