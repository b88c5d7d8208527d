import { decode } from "jpeg-js";
import { FileError, grouped, sentence } from "./fileError.ts";
import type { DecodedImage } from "./png.ts";

const MAX_PIXELS = 50_000_000;
const MAX_MEMORY_MB = 2048;
const RGB_AGAIN = "Save it as an 8-bit RGB JPEG or PNG.";

export function looksLikeJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

interface Frame {
  height: number;
  width: number;
  components: number;
  /** Colour transform of the Adobe marker: 0 = none (RGB or CMYK as they are); null without that marker. */
  adobeTransform: number | null;
  scanStart: number;
}

/**
 * Decodes a baseline or progressive JPEG to RGB, the same bytes in every engine; grey is repeated. Its bytes may
 * differ from another decoder's by a few levels at coloured edges: chroma is not smoothed. Throws FileError for CMYK,
 * 12-bit, lossless and cut files.
 */
export function decodeJpeg(file: string, bytes: Uint8Array): DecodedImage {
  const frame = readFrame(file, bytes);
  const { width, height, components, adobeTransform } = frame;
  if (components !== 1 && components !== 3) {
    const what = components === 4 ? "a CMYK JPEG" : `a JPEG of ${components} components`;
    throw new FileError(file, `It is ${what}, whose colours depend on a printing profile.`, RGB_AGAIN);
  }
  if (width * height > MAX_PIXELS || width * height === 0) {
    const why = `It has ${grouped(width)} × ${grouped(height)} pixels; 1 to ${grouped(MAX_PIXELS)} are read.`;
    throw new FileError(file, why, "Make it smaller first.");
  }
  if (!hasEnd(bytes, frame.scanStart)) {
    throw new FileError(
      file,
      `It is cut off: ${grouped(bytes.length)} bytes without an end mark.`,
      "Download it again.",
    );
  }
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_PIXELS / 1e6,
      maxMemoryUsageInMB: MAX_MEMORY_MB,
      ...(adobeTransform === 0 ? { colorTransform: false } : {}),
    });
    return { picture: { height, width, pixels: data }, changed: components === 1 ? "grey to RGB" : "" };
  } catch (cause) {
    throw new FileError(file, `It is damaged: ${sentence(cause)}`, "Download it again.", { cause });
  }
}

/** Reads the markers up to the first scan. */
function readFrame(file: string, bytes: Uint8Array): Frame {
  const cut = new FileError(file, "It ends before its image data.", "Download it again.");
  let frame: Omit<Frame, "scanStart" | "adobeTransform"> | null = null;
  let adobeTransform: number | null = null;
  let at = 2;
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === undefined || at + 4 > bytes.length) throw cut;
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (at + 2 + length > bytes.length) throw cut;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (marker > 0xc2 || body[0] !== 8) {
        throw new FileError(file, "It is a lossless, arithmetic-coded or 12-bit JPEG.", RGB_AGAIN);
      }
      const [, h1, h0, w1, w0, components] = body;
      frame = { height: be16(h1, h0), width: be16(w1, w0), components: components ?? 0 };
    } else if (marker === 0xee && String.fromCharCode(...body.subarray(0, 5)) === "Adobe") {
      adobeTransform = body[11] ?? null;
    } else if (marker === 0xda) {
      if (frame === null) throw cut;
      return { ...frame, adobeTransform, scanStart: at };
    }
    at += 2 + length;
  }
}

function be16(high: number | undefined, low: number | undefined): number {
  return ((high ?? 0) << 8) | (low ?? 0);
}

/** Whether an end-of-image mark follows the start of the image data (some cameras write more behind it). */
function hasEnd(bytes: Uint8Array, scanStart: number): boolean {
  for (let i = bytes.length - 2; i > scanStart; i--) if (bytes[i] === 0xff && bytes[i + 1] === 0xd9) return true;
  return false;
}
