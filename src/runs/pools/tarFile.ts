import { encode } from "fast-png";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import type { PoolImageStream } from "./poolStream.ts";

const BLOCK = 512;
/** Images that become one piece of the file. */
const PIECE_IMAGES = 128;

/** A .tar of CLASS/NUMBER.png in the pool's order; a class's folder begins with its number, so that both come back. */
export async function* tarOfImages(stream: PoolImageStream): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const digits = String(Math.max(1, stream.classNames.length - 1)).length;
  const folders = stream.classNames.map((name, k) => `${String(k).padStart(digits, "0")}-${slug(name)}`);
  let number = 0;
  for await (const chunk of stream.chunks()) {
    for (let first = 0; first < chunk.count; first += PIECE_IMAGES) {
      const files: Uint8Array[] = [];
      for (let i = first; i < Math.min(chunk.count, first + PIECE_IMAGES); i++, number++) {
        const folder = folders[chunk.labels[i] as number] ?? "unlabelled";
        files.push(...entry(`${folder}/${String(number).padStart(7, "0")}.png`, pngOf(chunk, i)));
      }
      yield joined(files);
    }
  }
  yield new Uint8Array(2 * BLOCK);
}

function pngOf(set: ImageSet, index: number): Uint8Array {
  const { height, width } = set;
  const size = imageBytes(set);
  const data = set.images.subarray(index * size, (index + 1) * size);
  return encode({ data, height, width, channels: 3, depth: 8 });
}

/** Header, bytes and padding of a regular file, ustar. */
function entry(name: string, bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(BLOCK);
  const put = (text: string, at: number): void => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, "0");
  put(name, 0);
  put(octal(0o644, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(bytes.length, 12), 124);
  put(octal(0, 12), 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 7)}\u0000 `, 148);
  return [header, bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Letters, digits and dashes of a class name: it becomes a folder, and fits a tar header. */
function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60) || "class";
}
