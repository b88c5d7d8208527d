import { describe, expect, it } from "vitest";
import { goldensThere } from "../testing/node/goldenFiles.ts";
import { goldenQuantisation } from "../testing/node/quantisation.ts";
import { quantiseAjbrock, quantiseBigGanDeep, quantiseStudioGan } from "./quantise.ts";

describe("uint8 of a float", () => {
  it.skipIf(!goldensThere).each([
    ["studiogan_quantize_images", quantiseStudioGan],
    ["biggan_convert_to_images", quantiseBigGanDeep],
  ])("%s, exactly", (rule, quantise) => {
    const { images, expected } = goldenQuantisation(rule);
    expect(quantise(images)).toEqual(expected);
  });

  it("ajbrock's sample script cuts off instead of rounding", () => {
    // 255 · (x + 1) / 2 = 0, 63.75, 127.5, 254.99, 255
    const images = Float32Array.of(-1, -0.5, 0, 0.9999, 1);
    expect([...quantiseAjbrock(images)]).toEqual([0, 63, 127, 254, 255]);
    expect([...quantiseStudioGan(images)]).toEqual([0, 64, 128, 255, 255]);
  });
});
