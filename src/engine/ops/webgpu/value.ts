import type { Tensor } from "@tensorflow/tfjs-core";
import type { Shape, Value } from "../imageOps.ts";

/** A map on the GPU: [n, h, w, c] in row-major order, as a flat tensor. */
export interface GpuValue extends Value {
  readonly tensor: Tensor;
}

export type Quad = readonly [number, number, number, number];

/** Distances in a map's memory of neighbours along n, h, w, c; 0 along sides of 1, which repeats them. */
export function strides([n, c, h, w]: Shape): Quad {
  return [n === 1 ? 0 : h * w * c, h === 1 ? 0 : w * c, w === 1 ? 0 : c, c === 1 ? 0 : 1];
}

/** WGSL `place(index, sides)`: image, row, column and channel of an element of a map with sides (n, h, w, c). */
export const placeFunction = `
  fn place(index : i32, sides : vec4<i32>) -> vec4<i32> {
    let pixel = index / sides.w;
    return vec4<i32>(pixel / (sides.y * sides.z), pixel / sides.z % sides.y, pixel % sides.z, index % sides.w);
  }
  fn along(place : vec4<i32>, strides : vec4<i32>) -> i32 {
    let parts = place * strides;
    return parts.x + parts.y + parts.z + parts.w;
  }`;

/** The uniform that \`place\` takes. */
export function sides([n, c, h, w]: Shape): Quad {
  return [n, h, w, c];
}
