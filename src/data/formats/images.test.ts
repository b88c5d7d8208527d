import { existsSync, readFileSync } from "node:fs";
import { encode as encodePng } from "fast-png";
import { encode as encodeJpeg } from "jpeg-js";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { FileError } from "./fileError.ts";
import { decodeJpeg } from "./jpeg.ts";
import { decodePng } from "./png.ts";
import { readTar } from "./tar.ts";

function refusal(action: () => unknown): FileError {
  try {
    action();
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("It was accepted.");
}

const noise = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 2654435761) >>> 24);

describe("PNG", () => {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync("src/data/formats/fixtures/png-modes.safetensors")));
  const kinds = [...tensors.keys()].filter((name) => name.endsWith("/png")).map((name) => name.split("/")[1] as string);
  const bytesOf = (kind: string) => tensors.get(`mode/${kind}/png`)?.data as Uint8Array;

  it.each(kinds)("converts to RGB as the reference: %s", (kind) => {
    const { picture, changed } = decodePng("x.png", bytesOf(kind), kind === "grey16" ? "clip" : undefined);
    expect(picture.pixels).toEqual(tensors.get(`mode/${kind}/rgb`)?.data);
    expect([picture.height, picture.width]).toEqual([30, 41]);
    expect(changed).toMatch(/grey|alpha|palette|16 bits/);
  });

  it("asks for a rule for 16-bit grey, and knows the browsers' one", () => {
    expect(refusal(() => decodePng("a/b.png", bytesOf("grey16"))).message).toMatch(/^a\/b\.png: .*16-bit.*"clip"/);
    const high = decodePng("b.png", bytesOf("grey16"), "high-byte").picture.pixels;
    const clipped = decodePng("b.png", bytesOf("grey16"), "clip").picture.pixels;
    const apart = high.reduce((sum, value, i) => sum + Math.abs(value - (clipped[i] as number)), 0) / high.length;
    expect(apart).toBeGreaterThan(100);
  });

  it("reads interlaced files, and says which it does not read", () => {
    const image = { width: 9, height: 7, data: noise(189), channels: 3 };
    const png = encodePng(image, { interlace: "Adam7" });
    expect(decodePng("x.png", png).picture.pixels).toEqual(image.data);
    const packed = bytesOf("grey4").slice();
    packed[28] = 1;
    expect(refusal(() => decodePng("x.png", packed)).why).toMatch(/interlaced with 4 bits/);
  });

  it("finds every cut and every changed byte of the image data", () => {
    const png = encodePng({ width: 16, height: 16, data: noise(768), channels: 3 });
    for (let length = 8; length < png.length; length += 7) refusal(() => decodePng("x.png", png.subarray(0, length)));
    for (let at = 41; at < png.length - 16; at += 11) {
      const damaged = png.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      refusal(() => decodePng("x.png", damaged));
    }
  });

  it("stops a bomb early", () => {
    const big = encodePng({ width: 4000, height: 4000, data: new Uint8Array(16_000_000), channels: 1 });
    const bomb = big.slice();
    new DataView(bomb.buffer).setUint32(16, 4);
    new DataView(bomb.buffer).setUint32(20, 4);
    expect(refusal(() => decodePng("x.png", bomb)).why).toMatch(/unpack to more than/);
    new DataView(bomb.buffer).setUint32(16, 2 ** 31);
    expect(refusal(() => decodePng("x.png", bomb)).why).toMatch(/2,147,483,648 × 4 pixels/);
  });
});

describe("JPEG", () => {
  const rgba = new Uint8Array(24 * 16 * 4);
  for (let i = 0; i < 24 * 16; i++) rgba.set([i % 24 < 12 ? 200 : 40, 90, 160, 255], i * 4);
  const jpeg = new Uint8Array(encodeJpeg({ width: 24, height: 16, data: rgba }, 95).data);

  it("decodes near the original", () => {
    const { picture, changed } = decodeJpeg("x.jpg", jpeg);
    expect([picture.height, picture.width, changed]).toEqual([16, 24, ""]);
    for (const x of [2, 20]) {
      for (let c = 0; c < 3; c++) {
        const off = (picture.pixels[x * 3 + c] as number) - (rgba[x * 4 + c] as number);
        expect(Math.abs(off)).toBeLessThanOrEqual(4);
      }
    }
  });

  it("refuses CMYK, 12 bits, huge and cut files, each with its reason", () => {
    const sof = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    const with_ = (at: number, ...values: number[]) => {
      const changed = jpeg.slice();
      changed.set(values, sof + at);
      return changed;
    };
    expect(refusal(() => decodeJpeg("a.jpg", with_(9, 4))).message).toMatch(/^a\.jpg: It is a CMYK JPEG.*Save it as/);
    expect(refusal(() => decodeJpeg("a.jpg", with_(4, 12))).why).toMatch(/12-bit/);
    expect(refusal(() => decodeJpeg("a.jpg", with_(5, 255, 255, 255, 255))).why).toMatch(/65,535 × 65,535/);
    expect(refusal(() => decodeJpeg("a.jpg", jpeg.subarray(0, jpeg.length - 2))).why).toMatch(/cut off/);
    for (let length = 3; length < sof + 40; length += 5) refusal(() => decodeJpeg("a.jpg", jpeg.subarray(0, length)));
  });
});

const data = "../shared/data";

describe.skipIf(!existsSync(data))("real JPEGs", () => {
  it.each([
    ["dtd/dtd-images.tar", 300],
    ["places/miniplaces-val.tar", 128],
    ["tiny-imagenet/tiny-imagenet-val-other184.tar", 64],
  ])("%s", async (archive, side) => {
    const bytes = new Uint8Array(readFileSync(`${data}/${archive}`));
    const files = (await readTar(archive, bytes)).filter(({ name }) => /jpe?g$/i.test(name));
    for (const { name, bytes } of files.slice(0, side === 300 ? 8 : 100)) {
      const { picture } = decodeJpeg(name, bytes);
      expect(Math.min(picture.height, picture.width)).toBeGreaterThanOrEqual(side === 300 ? 200 : side);
      expect(new Set(picture.pixels).size).toBeGreaterThan(8);
    }
  });
});
