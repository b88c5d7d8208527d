import type { ByteSource } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { FileError, grouped } from "../../data/formats/fileError.ts";

const BLOCK = 512;
const MAX_ENTRIES = 2_000_000;
/** A name longer than a header holds; longer ones are refused. */
const MAX_NAME_BYTES = 4096;
/** Headers are read through a window of this size: a million of them lie close together. */
const WINDOW_BYTES = 1024 * 1024;
const REMEDY = "Nothing of it was kept. Make the archive again with tar.";

/**
 * The regular files of a tar archive (ustar, GNU long names, pax paths), each as a range of the archive: nothing is
 * unpacked. Throws FileError for the whole archive where an entry is a link or device, or where it is damaged.
 */
export async function listTar({ name: file, source }: NamedSource): Promise<NamedSource[]> {
  const read = windowed(source);
  const entries: NamedSource[] = [];
  let longName: string | null = null;
  let at = 0;
  for (let seen = 0; at + BLOCK <= source.size; seen++) {
    const header = await read(at, BLOCK);
    if (header.every((byte) => byte === 0)) return entries;
    if (seen >= MAX_ENTRIES) throw new FileError(file, `It has more than ${grouped(MAX_ENTRIES)} entries.`, REMEDY);
    checkSum(file, header, at);
    const size = octal(file, header, 124, 12);
    const start = at + BLOCK;
    if (start + size > source.size) {
      throw new FileError(
        file,
        `It is cut off: an entry at byte ${grouped(at)} ends beyond the file.`,
        "Download it again.",
      );
    }
    const kind = String.fromCharCode(header[156] as number);
    const name: string = longName ?? nameIn(header);
    longName = null;
    if (kind === "0" || kind === "\0") entries.push({ name: clean(file, name), source: range(source, start, size) });
    else if (kind === "L" || kind === "x") longName = await longNameAt(file, kind, read, start, size);
    else if (kind !== "5" && kind !== "g") {
      throw new FileError(file, `Its entry "${name.slice(0, 80)}" is of kind "${kind}", not a file.`, REMEDY);
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new FileError(file, "It has no end mark: it is cut off.", "Download it again.");
}

type Read = (offset: number, length: number) => Promise<Uint8Array>;

function windowed(source: ByteSource): Read {
  let from = 0;
  let held = new Uint8Array(0);
  return async (offset, length) => {
    if (offset < from || offset + length > from + held.length) {
      from = offset;
      held = await source.read(offset, Math.min(Math.max(length, WINDOW_BYTES), source.size - offset));
    }
    return held.subarray(offset - from, offset - from + length);
  };
}

function range(source: ByteSource, start: number, size: number): ByteSource {
  return { size, read: (offset, length) => source.read(start + offset, length) };
}

function checkSum(file: string, header: Uint8Array, at: number): void {
  let sum = 0;
  header.forEach((byte, k) => {
    sum += k >= 148 && k < 156 ? 32 : byte;
  });
  if (sum !== octal(file, header, 148, 8)) {
    throw new FileError(file, `The header at byte ${grouped(at)} is damaged.`, "Download it again.");
  }
}

function octal(file: string, header: Uint8Array, from: number, length: number): number {
  const text = textIn(header, from, length).trim();
  if (!/^[0-7]+$/.test(text)) throw new FileError(file, "It has a header that is no ustar header.", REMEDY);
  return Number.parseInt(text, 8);
}

function nameIn(header: Uint8Array): string {
  const prefix = textIn(header, 257, 5) === "ustar" ? textIn(header, 345, 155) : "";
  const name = textIn(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textIn(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

async function longNameAt(
  file: string,
  kind: "L" | "x",
  read: Read,
  start: number,
  size: number,
): Promise<string | null> {
  if (size > MAX_NAME_BYTES) throw new FileError(file, `A name in it claims ${grouped(size)} bytes.`, REMEDY);
  const text = textIn(await read(start, size), 0, size);
  return kind === "L" ? text : (/(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? null);
}

function clean(file: string, name: string): string {
  if (/^([/\\]|[A-Za-z]:)/.test(name) || name.split(/[/\\]/).includes("..") || name.includes("\0")) {
    throw new FileError(file, `Its entry "${name.slice(0, 80)}" leads out of the archive.`, REMEDY);
  }
  return name.replace(/^(\.\/)+/, "");
}
