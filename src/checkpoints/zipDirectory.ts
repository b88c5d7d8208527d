import type { ByteSource } from "./byteSource.ts";
import { CheckpointError, shown } from "./checkpointError.ts";

/** One member of a zip archive, as its central directory has it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const MEMBER = 0x02014b50;
const MEMBER_BYTES = 46;
const IN_ZIP64 = 0xffffffff;
/** A checkpoint has some hundreds of members; a directory of 64 MiB has a million. */
const MAX_DIRECTORY_BYTES = 2 ** 26;

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

/** The members of a zip archive, zip64 included. Throws CheckpointError. */
export async function readDirectory(source: ByteSource): Promise<ZipEntry[]> {
  const { offset, bytes, count } = await findDirectory(source);
  if (offset + bytes > source.size || bytes > MAX_DIRECTORY_BYTES) {
    throw new CheckpointError(
      `The zip directory of ${bytes} bytes at ${offset} does not fit the file of ${source.size} bytes (truncated?).`,
    );
  }
  const view = new DataView((await source.read(offset, bytes)).buffer);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (entries.length < count) {
    if (at + MEMBER_BYTES > bytes || view.getUint32(at, true) !== MEMBER) {
      throw new CheckpointError(`The zip directory is damaged: entry ${entries.length} of ${count} is none.`);
    }
    const length =
      MEMBER_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (at + length > bytes) throw new CheckpointError("The zip directory is damaged: its last entry is cut off.");
    const entry = member(view, at);
    if (names.has(entry.name)) throw new CheckpointError(`Two zip entries are named "${shown(entry.name)}".`);
    names.add(entry.name);
    entries.push(entry);
    at += length;
  }
  return entries;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailBytes = Math.min(source.size, END_BYTES + LONGEST_COMMENT);
  const tailStart = source.size - tailBytes;
  const tail = new DataView((await source.read(tailStart, tailBytes)).buffer);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    const isEnd = tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === tailBytes;
    if (!isEnd) continue;
    return (
      (await findDirectory64(source, tailStart + at)) ?? {
        offset: tail.getUint32(at + 16, true),
        bytes: tail.getUint32(at + 12, true),
        count: tail.getUint16(at + 10, true),
      }
    );
  }
  throw new CheckpointError("The zip archive has no end of central directory: it is truncated. Download it again.");
}

/** The zip64 directory that a locator in front of the end record at `end` points to; null where there is none. */
async function findDirectory64(source: ByteSource, end: number): Promise<Directory | null> {
  if (end < 20) return null;
  const locator = new DataView((await source.read(end - 20, 20)).buffer);
  if (locator.getUint32(0, true) !== END_64_LOCATOR) return null;
  const at = size64(locator, 8);
  if (at + 56 > source.size) throw new CheckpointError("The zip64 end record lies beyond the end of the file.");
  const record = new DataView((await source.read(at, 56)).buffer);
  if (record.getUint32(0, true) !== END_64) throw new CheckpointError("The zip64 end record is damaged.");
  return { count: size64(record, 32), bytes: size64(record, 40), offset: size64(record, 48) };
}

function member(view: DataView, at: number): ZipEntry {
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + MEMBER_BYTES, nameBytes));
  let size = view.getUint32(at + 24, true);
  let packedSize = view.getUint32(at + 20, true);
  let offset = view.getUint32(at + 42, true);
  const extra = zip64Extra(view, at + MEMBER_BYTES + nameBytes, extraBytes);
  const next = (value: number): number => (value === IN_ZIP64 && extra.length > 0 ? (extra.shift() as number) : value);
  size = next(size);
  packedSize = next(packedSize);
  offset = next(offset);
  const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
  return {
    name,
    method: view.getUint16(at + 10, true),
    encrypted,
    crc: view.getUint32(at + 16, true),
    packedSize,
    size,
    offset,
  };
}

/** The 64-bit numbers of a zip64 extra field, in order. */
function zip64Extra(view: DataView, start: number, bytes: number): number[] {
  let at = start;
  while (at + 4 <= start + bytes) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const count = Math.min(Math.floor(length / 8), Math.floor((start + bytes - at - 4) / 8));
      return Array.from({ length: count }, (_, k) => size64(view, at + 4 + 8 * k));
    }
    at += 4 + length;
  }
  return [];
}

function size64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new CheckpointError(`A zip size of ${value} bytes is not possible.`);
  return Number(value);
}
