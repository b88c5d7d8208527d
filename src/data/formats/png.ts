import { decode, hasPngSignature } from "fast-png";
import { Unzlib } from "fflate";
import type { Picture } from "../resize.ts";
import { FileError, grouped, sentence } from "./fileError.ts";

/**
 * What becomes of 16-bit grey: `clip` is what the reference does (Pillow 9.4 clips values to 255, nearly all white),
 * `high-byte` is what browsers show (value / 256). They differ by 137 grey levels on average, so nobody picks silently.
 */
export type Grey16Rule = "clip" | "high-byte";

export interface DecodedImage {
  readonly picture: Picture;
  /** What was changed on the way to RGB, as a clause ("alpha dropped"); empty where nothing was. */
  readonly changed: string;
}

const MAX_PIXELS = 50_000_000;
const AGAIN = "Save it again as an 8-bit RGB PNG.";

interface Header {
  width: number;
  height: number;
  depth: number;
  colourType: number;
  interlaced: boolean;
}

/**
 * Decodes a PNG to RGB as the reference's convert("RGB"): grey repeated, palette looked up, alpha and transparency
 * dropped without blending, 16-bit RGB by its high byte. 16-bit grey needs a rule. Throws FileError.
 */
export function decodePng(file: string, bytes: Uint8Array, grey16?: Grey16Rule): DecodedImage {
  if (!hasPngSignature(bytes)) throw new FileError(file, "It does not start like a PNG.", AGAIN);
  const chunks = criticalChunks(file, bytes);
  const header = parseHeader(file, chunks);
  if (header.depth === 16 && (header.colourType & 2) === 0 && grey16 === undefined) {
    throw new FileError(
      file,
      "It is a 16-bit greyscale PNG, for which two rules exist: the reference clips at 255 (nearly all white), browsers keep the high byte.",
      'Convert it to 8 bits, or import with the rule "clip" or "high-byte".',
      { needs: "grey16" },
    );
  }
  checkInflatedSize(file, chunks, header);
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(chunks, { checkCrc: true });
  } catch (cause) {
    throw new FileError(file, `It is damaged: ${sentence(cause)}`, "Download or save it again.", { cause });
  }
  const samples = unpackSamples(decoded.data, header, decoded.channels);
  return toRgb(file, samples, header, decoded.channels, decoded.palette, grey16);
}

/** The PNG with its critical chunks only: colour profiles and texts are not needed and may be bombs of their own. */
function criticalChunks(file: string, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kept = new Uint8Array(bytes.length);
  kept.set(bytes.subarray(0, 8));
  let size = 8;
  let at = 8;
  let type = "";
  while (type !== "IEND") {
    const end = at + 8 <= bytes.length ? at + 12 + view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) {
      throw new FileError(
        file,
        `It is cut off: ${grouped(bytes.length)} bytes, more are announced.`,
        "Download it again.",
      );
    }
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (["IHDR", "PLTE", "IDAT", "IEND"].includes(type)) {
      kept.set(bytes.subarray(at, end), size);
      size += end - at;
    }
    at = end;
  }
  return kept.slice(0, size);
}

function parseHeader(file: string, png: Uint8Array): Header {
  const view = new DataView(png.buffer, png.byteOffset);
  if (png.length < 33 || view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) {
    throw new FileError(file, "Its first chunk is not a PNG header.", AGAIN);
  }
  const [depth, colourType, , , interlace] = png.subarray(24, 29) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    const why = `It claims ${grouped(width)} × ${grouped(height)} pixels; 1 to ${grouped(MAX_PIXELS)} are read.`;
    throw new FileError(file, why, "Make it smaller first.");
  }
  if (interlace !== 0 && depth < 8) {
    throw new FileError(file, `It is interlaced with ${depth} bits per sample, which is not read.`, AGAIN);
  }
  return { width, height, depth, colourType, interlaced: interlace !== 0 };
}

/** Inflates the image data once without keeping it: the decoder would hold whatever comes out. */
function checkInflatedSize(
  file: string,
  png: Uint8Array,
  { width, height, depth, colourType, interlaced }: Header,
): void {
  const channels = colourType === 3 ? 1 : (colourType & 2 ? 3 : 1) + (colourType & 4 ? 1 : 0);
  // Interlacing adds at most a filter byte and a padded byte for each row of its seven passes.
  const limit = height * (Math.ceil((width * channels * depth) / 8) + 1) + (interlaced ? 14 * (height + 8) : 0);
  let size = 0;
  const stream = new Unzlib((chunk) => {
    size += chunk.length;
    if (size > limit) throw new FileError(file, `Its data unpack to more than its ${grouped(limit)} bytes.`, AGAIN);
  });
  const view = new DataView(png.buffer, png.byteOffset);
  try {
    for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
      if (view.getUint32(at + 4) !== 0x49444154) continue;
      const end = at + 8 + view.getUint32(at);
      for (let from = at + 8; from < end; from += 1 << 14)
        stream.push(png.subarray(from, Math.min(end, from + (1 << 14))));
    }
    stream.push(new Uint8Array(0), true);
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(file, `It is damaged: ${sentence(cause)}`, "Download or save it again.", { cause });
  }
  if (!interlaced && size !== limit) {
    throw new FileError(
      file,
      `It is cut off: ${grouped(size)} of ${grouped(limit)} bytes of image data.`,
      "Download it again.",
    );
  }
}

/** One number per sample; those of fewer than 8 bits come packed, each row starting on a byte. */
function unpackSamples(data: ArrayLike<number>, { width, height, depth }: Header, channels: number): ArrayLike<number> {
  if (depth >= 8) return data;
  const perRow = width * channels;
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const samples = new Uint8Array(height * perRow);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < perRow; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)] as number;
      samples[y * perRow + x] = (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return samples;
}

function toRgb(
  file: string,
  samples: ArrayLike<number>,
  { width, height, depth }: Header,
  channels: number,
  palette: readonly number[][] | undefined,
  grey16: Grey16Rule | undefined,
): DecodedImage {
  const pixels = new Uint8Array(width * height * 3);
  const grey = channels < 3;
  // Fewer bits than 8 are stretched to 0 … 255, except for palette indices.
  const stretch = depth < 8 && palette === undefined ? 255 / ((1 << depth) - 1) : 1;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      let value = samples[i * channels + (grey ? 0 : c)] as number;
      if (palette !== undefined) {
        const colour = palette[value];
        if (colour === undefined) {
          throw new FileError(
            file,
            `Pixel ${grouped(i)} has colour ${value}, its palette has ${palette.length}.`,
            AGAIN,
          );
        }
        value = colour[c] as number;
      } else if (depth === 16) value = grey && grey16 === "clip" ? Math.min(255, value) : value >> 8;
      pixels[i * 3 + c] = value * stretch;
    }
  }
  const changed: string[] = [];
  if (palette !== undefined) changed.push("palette to RGB");
  else if (grey) changed.push("grey to RGB");
  if (channels % 2 === 0) changed.push("alpha dropped");
  if (depth === 16) changed.push(grey && grey16 === "clip" ? "16 bits clipped at 255" : "16 bits by their high byte");
  return { picture: { height, width, pixels }, changed: changed.join(", ") };
}
