import { roundHalfToEven } from "./schedule.ts";

/** uint8 of values in [−1, 1] as each family's own code has it, every step rounded to float32. NaN becomes 0. */
export type Quantisation = (images: Float32Array) => Uint8Array;

const { fround } = Math;

/** pesser and ermongroup: ⌊(x + 1) · 127.5⌋, x clipped to [−1, 1] first. */
export const truncating: Quantisation = (images) =>
  Uint8Array.from(images, (x) => Math.trunc(fround(fround(within(x, -1, 1) + 1) * 127.5)));

/** diffusers' pipelines: 255 · (x / 2 + 0.5) in [0, 1], rounded to even. */
export const roundingToEven: Quantisation = (images) =>
  Uint8Array.from(images, (x) => roundHalfToEven(fround(255 * within(fround(fround(x / 2) + 0.5), 0, 1))));

/** torchvision's save_image of (x + 1) / 2: ⌊255 · y + 0.5⌋. */
export const roundingUp: Quantisation = (images) =>
  Uint8Array.from(images, (x) => {
    const unit = within(fround(fround(x + 1) / 2), 0, 1);
    return Math.trunc(within(fround(fround(255 * unit) + 0.5), 0, 255));
  });

function within(x: number, low: number, high: number): number {
  return x > high ? high : x < low ? low : x;
}
