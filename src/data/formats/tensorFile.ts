import { type ByteSource, bytesSource } from "../../checkpoints/byteSource.ts";
import { readSafetensors, type SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import { looksLikeZip, openZip } from "../../checkpoints/zip.ts";
import { FileError, grouped, sentence } from "./fileError.ts";
import { looksLikeNpy, readNpy } from "./npy.ts";
import { readTensorCsv } from "./tensorCsv.ts";

/** Named arrays of one file, whatever its format. */
export interface TensorFile {
  /** Path-like name, for messages. */
  readonly name: string;
  /** Row-major; F16 and BF16 are widened to Float32Array, BOOL is Uint8Array. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Which set each row belongs to, from the column `set` of a CSV; null elsewhere. */
  readonly sets: readonly string[] | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is unpacked of one archive at most, and read of one file. */
const MAX_BYTES = 2 ** 32;

/**
 * Reads .safetensors, .npz, .npy or .csv, told apart by their first bytes. Throws FileError; nothing of a file that is
 * wrong anywhere is handed out.
 */
export async function readTensorFile(name: string, source: ByteSource): Promise<TensorFile> {
  if (source.size === 0) throw new FileError(name, "It is empty.", "Save it again.");
  if (source.size > MAX_BYTES) {
    throw new FileError(name, `It has ${grouped(source.size)} bytes, more than 4 GiB.`, "Split it.");
  }
  const first = await source.read(0, Math.min(16, source.size));
  if (looksLikeZip(first)) return readNpz(name, source);
  const bytes = await source.read(0, source.size);
  if (looksLikeNpy(first)) {
    return { name, tensors: new Map([["array", readNpy(name, bytes)]]), sets: null, metadata: {} };
  }
  if (/\.csv$/i.test(name)) return { name, ...readTensorCsv(name, bytes), metadata: {} };
  try {
    return { name, ...readSafetensors(bytes), sets: null };
  } catch (cause) {
    const why = /\.safetensors$/i.test(name) ? sentence(cause) : "It is neither .safetensors, .npz, .npy nor .csv.";
    throw new FileError(name, why, "Save it again as one of these.", { cause });
  }
}

async function readNpz(name: string, source: ByteSource): Promise<TensorFile> {
  const tensors = new Map<string, SafetensorsTensor>();
  try {
    const zip = await openZip(source);
    const total = zip.entries.reduce((sum, { size }) => sum + size, 0);
    if (total > MAX_BYTES) throw new Error(`it unpacks to ${grouped(total)} bytes, more than 4 GiB`);
    for (const entry of zip.entries) {
      if (!entry.name.endsWith(".npy")) throw new Error(`it holds "${entry.name}", which is no array of numpy.savez`);
      const { bytes, intact } = await zip.read(entry);
      if (!intact) throw new Error(`the array "${entry.name}" does not match its CRC-32: the file is damaged`);
      const tensor = entry.name.slice(0, -".npy".length);
      tensors.set(tensor, readNpy(`${name}/${entry.name}`, bytes));
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError(name, sentence(cause), "Save it again with numpy.savez.", { cause });
  }
  if (tensors.size === 0) throw new FileError(name, "It holds no array.", "Save it again with numpy.savez.");
  return { name, tensors, sets: null, metadata: {} };
}

/** Likewise of bytes in memory. */
export function readTensorBytes(name: string, bytes: Uint8Array): Promise<TensorFile> {
  return readTensorFile(name, bytesSource(bytes));
}
