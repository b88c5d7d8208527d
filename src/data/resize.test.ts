import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../checkpoints/safetensors.ts";
import { fnv1a32 } from "../random/stream.ts";
import { centreCrop, fitSquare, type Picture, resizeBilinear, resizeShortSide } from "./resize.ts";

const load = (path: string) => readSafetensors(new Uint8Array(readFileSync(path))).tensors;

function picture(tensors: ReturnType<typeof load>, name: string): Picture {
  const tensor = tensors.get(name);
  const [height, width] = tensor?.shape ?? [];
  if (!tensor || !height || !width) throw new Error(`no ${name}`);
  return { height, width, pixels: tensor.data as Uint8Array };
}

describe("resize", () => {
  const modes = load("src/data/formats/fixtures/png-modes.safetensors");
  const names = [...modes.keys()].filter((name) => name.endsWith("/rgb"));

  it.each(names)("gives Pillow's bytes: 41 × 30 to 32 × 32, %s", (name) => {
    const expected = picture(modes, name.replace(/\/rgb$/, "/cropped"));
    expect(fitSquare(picture(modes, name), 32)).toEqual(expected);
  });

  it("leaves a picture alone whose short side fits, and copies one of the same size", () => {
    const same = { height: 2, width: 3, pixels: Uint8Array.from({ length: 18 }, (_, i) => i) };
    expect(resizeShortSide(same, 2)).toBe(same);
    const copy = resizeBilinear(same, 2, 3);
    expect(copy).toEqual(same);
    expect(copy.pixels).not.toBe(same.pixels);
  });

  it("keeps a flat picture flat at any size, white included", () => {
    for (const value of [0, 1, 127, 254, 255]) {
      const flat = { height: 7, width: 5, pixels: new Uint8Array(105).fill(value) };
      for (const [h, w] of [
        [3, 11],
        [32, 32],
        [1, 1],
      ] as const) {
        expect(new Set(resizeBilinear(flat, h, w).pixels)).toEqual(new Set([value]));
      }
    }
  });

  it("rounds half crop offsets to the even side, as Python does", () => {
    const tops = [1, 2, 3, 5, 7].map((extra) => {
      const height = 2 + extra;
      const pixels = Uint8Array.from({ length: height * 2 * 3 }, (_, i) => Math.floor(i / 6));
      return centreCrop({ height, width: 2, pixels }, 2).pixels[0];
    });
    expect(tops).toEqual([0, 1, 2, 2, 4]);
    expect(() => centreCrop({ height: 1, width: 2, pixels: new Uint8Array(6) }, 2)).toThrow(/no 2 × 2 crop/);
  });
});

const folder = "../shared/golden/ood/training/transforms";

describe.skipIf(!existsSync(folder))("golden transforms", () => {
  const tensors = existsSync(folder) ? load(`${folder}/io.safetensors`) : new Map();
  const manifest = existsSync(folder)
    ? (JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8")) as {
        resize32: Record<string, { key: string; h: number; w: number; block: number; input_fnv1a32: number }>;
        resized_crop: { i: number; j: number; h: number; w: number; out: number; stored: string }[];
      })
    : { resize32: {}, resized_crop: [] };

  it.each(Object.entries(manifest.resize32))("resize and crop of %s", (name, { key, h, w, block, input_fnv1a32 }) => {
    const input = makePicture(key, h, w, block);
    expect(fnvOfBytes(input.pixels)).toBe(input_fnv1a32);
    const resized = resizeShortSide(input, 32);
    expect(resized).toEqual(picture(tensors, `${name}/resized`));
    expect(centreCrop(resized, 32)).toEqual(picture(tensors, `${name}/cropped`));
  });

  it("crops first, then resizes (enlarging, shrinking, both at once)", () => {
    const { pixels, width } = picture(tensors, "rrc/input");
    for (const [k, { i, j, h, w, out, stored }] of manifest.resized_crop.entries()) {
      const crop = new Uint8Array(h * w * 3);
      for (let y = 0; y < h; y++) {
        crop.set(pixels.subarray(((i + y) * width + j) * 3, ((i + y) * width + j + w) * 3), y * w * 3);
      }
      const result = resizeBilinear({ height: h, width: w, pixels: crop }, out, out);
      const expected = picture(tensors, `rrc/out${k}`);
      const step = stored === "all" ? 1 : 4;
      for (let y = 0; y < expected.height; y++) {
        const row = (p: Picture, at: number) => p.pixels.subarray(at * out * 3, (at + 1) * out * 3);
        expect(row(result, y * step)).toEqual(row(expected, y));
      }
    }
  });

  it("sizes and offsets of the table", () => {
    const table = tensors.get("table/resize_and_center_crop")?.data as Int32Array;
    for (let row = 0; row < table.length; row += 8) {
      const [h, w, size, crop, rh, rw, top, left] = table.subarray(row, row + 8) as unknown as number[];
      if (h === undefined || w === undefined || size === undefined || crop === undefined) throw new Error("table");
      if (h * w > 40_000 || (rh ?? 0) * (rw ?? 0) > 40_000 || size < crop) continue;
      const resized = resizeShortSide({ height: h, width: w, pixels: new Uint8Array(h * w * 3) }, size);
      expect([resized.height, resized.width]).toEqual([rh, rw]);
      const marked = resized.pixels.slice();
      marked[((top ?? 0) * resized.width + (left ?? 0)) * 3] = 9;
      expect(centreCrop({ ...resized, pixels: marked }, crop).pixels[0]).toBe(9);
    }
  });
});

/** The manifest's picture_formula on the filler of ../shared/golden/FILL.md. */
function makePicture(key: string, h: number, w: number, block: number): Picture {
  const ch = Math.ceil(h / block);
  const cw = Math.ceil(w / block);
  const coarse = filler(`${key}/coarse`, ch * cw * 3);
  const fine = filler(`${key}/fine`, h * w * 3);
  const pixels = new Uint8Array(h * w * 3);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let c = 0; c < 3; c++) {
        const low = coarse[(Math.floor(y / block) * cw + Math.floor(x / block)) * 3 + c] as number;
        pixels[(y * w + x) * 3 + c] = (3 * low + (fine[(y * w + x) * 3 + c] as number)) >> 2;
      }
    }
  }
  return { height: h, width: w, pixels };
}

function filler(key: string, n: number): Uint8Array {
  const seed = fnv1a32(key);
  return Uint8Array.from({ length: n }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 24;
  });
}

function fnvOfBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
