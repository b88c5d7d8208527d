import { roundHalfToEven } from "./schedule.ts";

/** uint8 of images as each family's own code has it, every step rounded to float32. NaN becomes 0. */
export type Quantisation = (images: Float32Array) => Uint8Array;

const { fround } = Math;

/** pesser and ermongroup: ⌊(x + 1) · 127.5⌋, x clipped to [−1, 1] first. */
export const quantisePesser: Quantisation = (images) =>
  Uint8Array.from(images, (x) => fround(fround(within(x, -1, 1) + 1) * 127.5));

/** diffusers' pipelines: 255 · (x / 2 + 0.5), clipped to [0, 1] first, rounded to even. */
export const quantiseDiffusers: Quantisation = (images) =>
  Uint8Array.from(images, (x) => roundHalfToEven(fround(255 * within(fround(fround(x / 2) + 0.5), 0, 1))));

function within(x: number, low: number, high: number): number {
  return x > high ? high : x < low ? low : x;
}
