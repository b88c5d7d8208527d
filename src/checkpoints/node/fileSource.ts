import { type FileHandle, open } from "node:fs/promises";
import { type ByteSource, checkRange } from "../byteSource.ts";

/** One read call of the system takes at most 2 GiB − 1. */
const READ_BYTES = 2 ** 30;

/** Hands a file on disk to `use` and closes it afterwards. */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return await use({ size, read: (offset, length) => readRange(handle, path, offset, length, size) });
  } finally {
    await handle.close();
  }
}

async function readRange(handle: FileHandle, path: string, offset: number, length: number, size: number) {
  checkRange(offset, length, size);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(READ_BYTES, length - done), offset + done);
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
    done += bytesRead;
  }
  return bytes;
}
