import { crc32 } from "../crc32.ts";
import { little } from "./pickleParts.ts";

/** For tests: a zip archive without compression, as torch writes. */
export function storedZip(files: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = new TextEncoder().encode(path);
    const sizes = [...little(crc32(bytes), 4), ...little(bytes.length, 4), ...little(bytes.length, 4)];
    // Version 0, no flags, stored, no time; no extra field.
    const common = [...little(0, 10), ...sizes, ...little(name.length, 2), 0, 0];
    const local = Uint8Array.from([0x50, 0x4b, 3, 4, ...common, ...name]);
    directory.push(
      Uint8Array.from([0x50, 0x4b, 1, 2, 0, 0, ...common, ...little(0, 10), ...little(offset, 4), ...name]),
    );
    parts.push(local, bytes);
    offset += local.length + bytes.length;
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = little(files.length, 2);
  const where = [...little(directoryBytes, 4), ...little(offset, 4)];
  const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...count, ...count, ...where, 0, 0];
  return joined([...parts, ...directory, Uint8Array.from(end)]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
