import { Gunzip } from "fflate";
import { FileError, grouped, sentence } from "./fileError.ts";

const INPUT_CHUNK = 1 << 16;
/** Header, an empty deflate block, trailer. */
const MIN_BYTES = 20;

export function looksLikeGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses a gzip file, holding at most `limit` bytes of output: deflate can announce a little and give a
 * thousandfold. The length and checksum of the last member are checked, so a cut or damaged file is found out.
 */
export function gunzip(file: string, bytes: Uint8Array, limit: number): Uint8Array {
  if (!looksLikeGzip(bytes)) {
    const start = String.fromCharCode(...bytes.subarray(0, 12)).replace(/[^ -~]/g, "·");
    const html = /^\s*</.test(start) ? " (a web page instead of the file?)" : "";
    throw new FileError(
      file,
      `It is not gzip: it starts with "${start}"${html}, not with 1f 8b.`,
      "Download it again; if the browser has unpacked it already, drop it under its name without .gz.",
    );
  }
  if (bytes.length < MIN_BYTES) {
    throw new FileError(
      file,
      `It is damaged or cut off: ${bytes.length} bytes are no gzip file.`,
      "Download it again.",
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  let memberSize = 0;
  let checksum = 0;
  const stream = new Gunzip((chunk) => {
    size += chunk.length;
    memberSize += chunk.length;
    if (size > limit) {
      throw new FileError(
        file,
        `It unpacks to more than ${grouped(limit)} bytes.`,
        "Unpack it yourself and drop only the files that are needed.",
      );
    }
    checksum = crc32(chunk, checksum);
    chunks.push(chunk);
  });
  stream.onmember = () => {
    memberSize = 0;
    checksum = 0;
  };
  try {
    for (let at = 0; at < bytes.length; at += INPUT_CHUNK) {
      stream.push(bytes.subarray(at, at + INPUT_CHUNK), at + INPUT_CHUNK >= bytes.length);
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(file, `It is damaged or cut off: ${sentence(cause)}`, "Download it again.", { cause });
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (trailer.getUint32(0, true) !== checksum || trailer.getUint32(4, true) !== memberSize % 2 ** 32) {
    throw new FileError(
      file,
      `It is damaged or cut off: ${grouped(memberSize)} bytes came out, and they do not match its checksum.`,
      "Download it again.",
    );
  }
  return concatenated(chunks, size);
}

function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 (IEEE 802.3), continued from `previous`. */
function crc32(bytes: Uint8Array, previous: number): number {
  let c = ~previous;
  for (let i = 0; i < bytes.length; i++) c = (CRC_TABLE[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}
