import type { ByteSource } from "./byteSource.ts";
import { CheckpointError, shown } from "./checkpointError.ts";
import { decodeElements, type SafetensorsArray } from "./elements.ts";
import { PickleDict } from "./pickleValues.ts";
import { parseSafetensorsHeader, type SafetensorsDtype, safetensorsHeaderLength } from "./safetensorsHeader.ts";
import { TensorRef } from "./torchTensor.ts";
import { openTorchZip, type TorchZip } from "./torchZip.ts";
import { looksLikeZip } from "./zip.ts";

/** A tensor whose elements are still in the file. */
export interface StoredTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The elements in row-major order; F16 and BF16 are widened to a Float32Array. */
  read(): Promise<SafetensorsArray>;
}

/** A state_dict by name, in the file's order. */
export interface StateDictFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of a safetensors file; empty else. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was taken off the names or unwrapped, one sentence each. */
  readonly notes: readonly string[];
  /** What was read although it is not as it should be; grows with the tensors that are read. */
  readonly warnings: readonly string[];
}

/** Opens a checkpoint: torch.save's zip format or safetensors. Throws CheckpointError or SafetensorsError. */
export async function openStateDict(source: ByteSource): Promise<StateDictFile> {
  const first = await source.read(0, Math.min(source.size, 64));
  if (looksLikeZip(first)) return fromTorch(await openTorchZip(source));
  const other = looksLikeSafetensors(first, source.size) ? null : otherFormat(first, source.size);
  if (other !== null) throw new CheckpointError(other);
  return fromSafetensors(source);
}

/** A header that fits the file and begins as JSON: its length's lowest byte may be that of a pickle or of gzip. */
function looksLikeSafetensors(first: Uint8Array, size: number): boolean {
  if (first.length < 16 || first[8] !== 0x7b) return false;
  return new DataView(first.buffer, first.byteOffset).getBigUint64(0, true) <= BigInt(size - 8);
}

/** What a file is that is neither a zip archive nor safetensors, and what to do about it. */
function otherFormat(first: Uint8Array, size: number): string | null {
  const text = String.fromCharCode(...first);
  if (size === 0) return "The file is empty. Download it again.";
  if (text.startsWith("version https://git-lfs")) {
    return "This is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`.";
  }
  if (/^\s*<(!doctype|html)/i.test(text))
    return "This is an HTML page, saved by a failed download. Download the file again.";
  if (first[0] === 0x1f && first[1] === 0x8b) return "This is gzip-compressed: unpack it first.";
  if (first[0] === 0x80) {
    return "This is a bare Python pickle or torch's format from before 1.6. Load it in torch and save its state_dict again.";
  }
  return null;
}

async function fromSafetensors(source: ByteSource): Promise<StateDictFile> {
  const headerBytes = safetensorsHeaderLength(await source.read(0, Math.min(source.size, 16)), source.size);
  const start = 8 + headerBytes;
  const header = parseSafetensorsHeader(await source.read(8, headerBytes), source.size - start);
  const tensors = [...header.tensors].map(([name, { dtype, shape, begin, end }]): [string, StoredTensor] => [
    name,
    { dtype, shape, read: async () => decodeElements(dtype, (await source.read(start + begin, end - begin)).buffer) },
  ]);
  return { ...withoutPrefix(tensors, []), metadata: header.metadata, warnings: [] };
}

function fromTorch(file: TorchZip): StateDictFile {
  const notes: string[] = [];
  let { root } = file;
  const inner = root instanceof PickleDict ? root.entries.get("state_dict") : undefined;
  if (inner !== undefined) {
    root = inner;
    notes.push("The tensors are those of the file's `state_dict`.");
  }
  if (!(root instanceof PickleDict))
    throw new CheckpointError("This file holds no state_dict (a dictionary of tensors).");
  const tensors: [string, StoredTensor][] = [];
  const others: string[] = [];
  for (const [name, value] of root.entries) {
    if (typeof name === "string" && value instanceof TensorRef) {
      tensors.push([name, { dtype: value.storage.type.dtype, shape: value.shape, read: () => file.read(value) }]);
    } else others.push(shown(String(name)));
  }
  if (tensors.length === 0) {
    const found = others.length === 0 ? "nothing" : others.slice(0, 8).join(", ");
    throw new CheckpointError(`This file holds no state_dict: its dictionary has ${found}, and no tensor.`);
  }
  if (others.length > 0) notes.push(`Entries that are no tensors were passed over: ${others.slice(0, 8).join(", ")}.`);
  return { ...withoutPrefix(tensors, notes), metadata: {}, warnings: file.warnings };
}

/** `module.` in front of every name is DataParallel's. */
function withoutPrefix(tensors: [string, StoredTensor][], notes: string[]): Pick<StateDictFile, "tensors" | "notes"> {
  const prefix = "module.";
  if (tensors.length === 0 || !tensors.every(([name]) => name.startsWith(prefix))) {
    return { tensors: new Map(tensors), notes };
  }
  return {
    tensors: new Map(tensors.map(([name, tensor]) => [name.slice(prefix.length), tensor])),
    notes: [...notes, "`module.` was taken off the names (DataParallel)."],
  };
}
