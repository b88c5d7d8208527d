import { Inflate } from "fflate";
import { type ByteSource, bytesSource, checkRange } from "./byteSource.ts";
import { CheckpointError, shown } from "./checkpointError.ts";
import { crc32 } from "./crc32.ts";
import { readDirectory, type ZipEntry } from "./zipDirectory.ts";

/** A zip archive whose directory has been read and checked; its entries are read one by one. */
export interface ZipArchive {
  readonly entries: readonly ZipEntry[];
  /** The unpacked bytes of an entry, exactly as many as the directory declares. */
  read(entry: ZipEntry): Promise<ZipContent>;
  /** Bytes offset … offset + length − 1 of an entry that is stored. */
  readRange(entry: ZipEntry, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** An entry as a source of bytes: read by range where it is stored, unpacked at the first read where it is not. */
export function zipEntrySource(zip: ZipArchive, entry: ZipEntry): ByteSource {
  if (entry.method === STORED)
    return { size: entry.size, read: (offset, length) => zip.readRange(entry, offset, length) };
  let unpacked: Promise<ByteSource> | null = null;
  return {
    size: entry.size,
    read: async (offset, length) => {
      unpacked ??= zip.read(entry).then(({ bytes }) => bytesSource(bytes));
      return (await unpacked).read(offset, length);
    },
  };
}

export interface ZipContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the bytes have the CRC-32 of the directory. Some writers leave it 0. */
  readonly intact: boolean;
}

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const MAX_UNPACKED = 2 ** 30;
/** Deflate cannot do better: whoever declares more is lying. */
const MAX_DEFLATE_RATIO = 1032;

/**
 * Opens a zip archive. Every size that it declares is checked against the file before anything is allocated, and
 * unpacking stops at the declared size. Throws CheckpointError.
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const entries = await readDirectory(source);
  for (const entry of entries) checkDeclared(entry, source.size);
  return {
    entries,
    read: (entry) => readEntry(source, entry),
    readRange: async (entry, offset, length) => {
      checkRange(offset, length, entry.size);
      return source.read((await locate(source, entry)) + offset, length);
    },
  };
}

/** Whether the bytes begin as a zip archive does. */
export function looksLikeZip(first: Uint8Array): boolean {
  return first[0] === 0x50 && first[1] === 0x4b && (first[2] === 3 || first[2] === 5);
}

async function readEntry(source: ByteSource, entry: ZipEntry): Promise<ZipContent> {
  const packed = await source.read(await locate(source, entry), entry.packedSize);
  const bytes = entry.method === STORED ? packed : inflate(packed, entry.size, failing(entry));
  return { bytes, intact: crc32(bytes) === entry.crc };
}

function failing({ name }: ZipEntry): (what: string) => never {
  return (what) => {
    throw new CheckpointError(`Zip entry "${shown(name)}": ${what}`);
  };
}

/** Throws CheckpointError unless what the directory declares of an entry can be true in a file of `fileBytes` bytes. */
function checkDeclared(entry: ZipEntry, fileBytes: number): void {
  const fail: (what: string) => never = failing(entry);
  const start = entry.offset + LOCAL_HEADER_BYTES;
  if (start + entry.packedSize > fileBytes) {
    const left = Math.max(0, fileBytes - start);
    fail(`its size is declared as ${entry.packedSize} bytes, the file ends after ${left} of them (truncated?).`);
  }
  if (entry.method === STORED && entry.size !== entry.packedSize) {
    fail(`it is stored, yet declares ${entry.size} bytes in ${entry.packedSize}.`);
  }
  if (entry.size > entry.packedSize * MAX_DEFLATE_RATIO) {
    fail(`it declares ${entry.size} bytes, more than ${entry.packedSize} packed bytes can hold.`);
  }
}

/** The byte of the file at which the entry's packed bytes begin. */
async function locate(source: ByteSource, entry: ZipEntry): Promise<number> {
  const fail: (what: string) => never = failing(entry);
  const header = new DataView((await source.read(entry.offset, LOCAL_HEADER_BYTES)).buffer);
  if (header.getUint32(0, true) !== LOCAL_HEADER) fail("there is no entry where the directory says.");
  const start = entry.offset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packedSize > source.size) fail("it lies beyond the end of the file (truncated?).");
  if (entry.encrypted) fail("it is encrypted.");
  if (entry.method !== STORED && entry.method !== DEFLATED) fail(`compression method ${entry.method} is not known.`);
  if (entry.method === DEFLATED && entry.size > MAX_UNPACKED) {
    fail(
      `it unpacks to ${entry.size} bytes, at most ${MAX_UNPACKED} are. Unpack the archive and give the file itself.`,
    );
  }
  return start;
}

const INPUT_CHUNK = 1 << 14;

function inflate(packed: Uint8Array, size: number, fail: (what: string) => never): Uint8Array<ArrayBuffer> {
  // Grows with what really comes out: the declared size may be a lie.
  let bytes = new Uint8Array(Math.min(size, 8 * packed.length));
  let done = 0;
  const stream = new Inflate((chunk) => {
    if (done + chunk.length > size) fail(`it unpacks to more than the ${size} bytes that it declares.`);
    if (done + chunk.length > bytes.length) {
      const larger = new Uint8Array(Math.min(size, Math.max(2 * bytes.length, done + chunk.length)));
      larger.set(bytes.subarray(0, done));
      bytes = larger;
    }
    bytes.set(chunk, done);
    done += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length; at += INPUT_CHUNK) {
      stream.push(packed.subarray(at, at + INPUT_CHUNK), at + INPUT_CHUNK >= packed.length);
    }
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    fail(`it does not unpack: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
  if (done !== size) fail(`it unpacks to ${done} bytes, not the ${size} that it declares.`);
  return bytes.length === size ? bytes : bytes.slice(0, size);
}
