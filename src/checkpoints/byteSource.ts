/** Bytes at rest, read by range: a file on disk, a dropped Blob, or an array. */
export interface ByteSource {
  readonly size: number;
  /** A copy of bytes offset … offset + length − 1. Rejects with RangeError beyond the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes that are in memory already. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      checkRange(offset, length, bytes.length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

/** A Blob or File of the browser. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (offset, length) => {
      checkRange(offset, length, blob.size);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

/** Throws RangeError unless the range lies within `size` bytes. */
export function checkRange(offset: number, length: number, size: number): void {
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!fits || offset + length > size) {
    throw new RangeError(`Bytes ${offset} to ${offset + length} of a file of ${size} bytes.`);
  }
}
