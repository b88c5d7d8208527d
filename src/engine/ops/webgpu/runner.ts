import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program, Uniforms } from "./program.ts";

/** Runs a program on the device of the operations; `count` is how many elements, or workgroups, there are. */
export type Run = (
  program: Program,
  inputs: readonly Tensor[],
  uniforms: Uniforms,
  size: number,
  count?: number,
) => Tensor;
