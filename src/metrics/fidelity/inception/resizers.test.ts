import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { floats, readGolden } from "../../node/golden.ts";
import { inceptionInput, type ResizerName, resizerNames } from "./resizers.ts";

const golden = new URL("../../../../../shared/golden/generators/fid/inception/io.safetensors", import.meta.url);

describe.skipIf(!existsSync(golden))("golden resized images", () => {
  it.each<[string, ResizerName, (x: number) => number]>([
    ["resized_legacy_img3_row0_row150", "bilinear (pytorch-fid)", (x) => (x + 1) * 127.5],
    ["resized_clean_img3_row0_row150", "bicubic (StudioGAN clean)", (x) => (x + 1) * 127.5],
    ["resized_cleanfid_clean_img3_row0_row150", "bicubic (clean-fid)", (x) => x * 128 + 128],
  ])("%s", (name, resizer, undone) => {
    const tensors = readGolden(golden);
    const images = tensors.get("images32_NHWC_u8")?.data as Uint8Array;
    const input = inceptionInput({ images, height: 32, width: 32 }, 3, 1, resizer);
    const wanted = floats(tensors, name);
    let worst = 0;
    for (let c = 0; c < 3; c++) {
      for (const [k, y] of [0, 150].entries()) {
        for (let x = 0; x < 299; x++) {
          const value = undone(input[(c * 299 + y) * 299 + x] as number);
          worst = Math.max(worst, Math.abs(value - (wanted[(c * 2 + k) * 299 + x] as number)));
        }
      }
    }
    expect(worst).toBeLessThan(1e-4);
  });
});

describe("resizers", () => {
  it.each(resizerNames)("%s keeps a constant image constant, and its size where it is the network's", (name) => {
    const flat = inceptionInput({ images: new Uint8Array(5 * 7 * 3).fill(128), height: 5, width: 7 }, 0, 1, name, 11);
    const same = inceptionInput(
      { images: new Uint8Array(11 * 11 * 3).fill(128), height: 11, width: 11 },
      0,
      1,
      name,
      11,
    );
    for (const value of flat) expect(value).toBeCloseTo(same[0] as number, 6);
  });

  it("bicubic overshoots beside an edge unless it is clipped", () => {
    const images = Uint8Array.from({ length: 8 * 8 * 3 }, (_, k) => (Math.floor(k / 3) % 8 < 4 ? 0 : 255));
    const largest = (name: ResizerName): number =>
      Math.max(...inceptionInput({ images, height: 8, width: 8 }, 0, 1, name, 32));
    expect(largest("bicubic (StudioGAN clean)")).toBeGreaterThan(1.05);
    expect(largest("bicubic (clean-fid)")).toBe(127 / 128);
  });
});
