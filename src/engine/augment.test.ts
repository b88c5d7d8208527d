import { describe, expect, it } from "vitest";
import { normalisedNhwc, writeNormalised } from "./augment.ts";

const plain = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } as const;
const shifted = { mean: [0.5, 0.25, 0.1], std: [0.5, 0.25, 0.2] } as const;
const spec = { imageSize: 8 };

/** One image whose red channel is 10·row + column + 1, green and blue 0. */
function ramp(): Uint8Array {
  const images = new Uint8Array(8 * 8 * 3);
  for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) images[(y * 8 + x) * 3] = 10 * y + x + 1;
  return images;
}

function red(values: Float32Array, y: number, x: number): number {
  return Math.round(values[(y * 8 + x) * 3] as number);
}

describe("writeNormalised", () => {
  it("normalises every channel with its own mean and deviation", () => {
    const images = new Uint8Array(8 * 8 * 3).fill(255);
    const values = normalisedNhwc({ count: 1, images, augmentation: null }, spec, shifted);
    expect([...values.subarray(0, 3)]).toEqual([1, 3, 4.5].map(Math.fround));
  });

  it("flips first, then crops the padded picture", () => {
    const augmentation = { flip: Uint8Array.of(1), offsetY: Uint8Array.of(5), offsetX: Uint8Array.of(2) };
    const values = normalisedNhwc({ count: 1, images: ramp(), augmentation }, spec, plain);
    // row y shows row y + 1; column x shows column x − 2 of the mirrored picture, that is 9 − x of the original
    expect(red(values, 0, 2)).toBe(18);
    expect(red(values, 0, 7)).toBe(13);
    expect(red(values, 0, 1)).toBe(0);
    expect(red(values, 7, 4)).toBe(0);
  });

  it("pads with black before the normalisation", () => {
    const augmentation = { flip: Uint8Array.of(0), offsetY: Uint8Array.of(0), offsetX: Uint8Array.of(0) };
    const images = new Uint8Array(8 * 8 * 3).fill(255);
    const values = normalisedNhwc({ count: 1, images, augmentation }, spec, shifted);
    expect([...values.subarray(0, 3)]).toEqual([-1, -1, -0.5]);
  });

  it("leaves the gaps of a padded layout untouched", () => {
    const dst = new Float32Array(10 * 10 * 4).fill(7);
    const layout = { origin: 44, image: 400, row: 40, pixel: 4 };
    writeNormalised({ count: 1, images: ramp(), augmentation: null }, spec, plain, dst, layout);
    expect(Math.round(dst[44] as number)).toBe(1);
    expect([dst[40], dst[47], dst[43]]).toEqual([7, 7, 7]);
  });

  it("names the numbers when images are missing or an offset is out of range", () => {
    const images = ramp();
    expect(() => normalisedNhwc({ count: 2, images, augmentation: null }, spec, plain)).toThrow(/384 bytes.*192/);
    const augmentation = { flip: Uint8Array.of(0), offsetY: Uint8Array.of(9), offsetX: Uint8Array.of(4) };
    expect(() => normalisedNhwc({ count: 1, images, augmentation }, spec, plain)).toThrow(/0 … 8, not 9/);
  });
});
