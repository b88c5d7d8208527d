import { CheckpointError } from "./checkpointError.ts";
import type { CheckpointFile, CheckpointFormat, NamedSource } from "./checkpointFile.ts";
import { decodeElements } from "./elements.ts";
import { looksLikeLegacy } from "./legacyStream.ts";
import { networkInPickle } from "./networkInPickle.ts";
import { notCheckpoint } from "./notCheckpoint.ts";
import { moduleConfig } from "./plainValue.ts";
import { parseSafetensorsHeader, safetensorsHeaderLength } from "./safetensorsHeader.ts";
import type { StoredTensor } from "./storedTensor.ts";
import { openStyleganPickle } from "./styleganPickle.ts";
import { checkedTensor, oddDtype } from "./tensorChecks.ts";
import { averagedByName, bareNames } from "./tensorNames.ts";
import type { TorchArchive } from "./torchArchive.ts";
import { openTorchLegacy } from "./torchLegacy.ts";
import { openTorchZip } from "./torchZip.ts";
import { looksLikeZip, openZip } from "./zip.ts";

const FIRST_BYTES = 64;

/** Opens one file of weights, whatever container it is in. Throws CheckpointError or SafetensorsError. */
export async function openFile(file: NamedSource): Promise<CheckpointFile> {
  const { name, source } = file;
  const first = await source.read(0, Math.min(source.size, FIRST_BYTES));
  if (looksLikeZip(first)) return fromTorch(name, "torch-zip", await openTorchZip(await openZip(source)));
  if (looksLikeSafetensors(first, source.size)) return fromSafetensors(file);
  if (looksLikeLegacy(first)) return fromTorch(name, "torch-legacy", await openTorchLegacy(source));
  if (looksLikePickle(first, name)) return fromTorch(name, "stylegan-pickle", await openStyleganPickle(source));
  const other = notCheckpoint(first, source.size);
  if (other !== null) throw new CheckpointError(other);
  if (name !== "" && !/\.safetensors$/i.test(name)) {
    const bytes = [...first.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new CheckpointError(
      `This is not a checkpoint in a known format (it begins with the bytes ${bytes}): torch.save, safetensors and the pickles of stylegan2-ada-pytorch are read.`,
    );
  }
  return fromSafetensors(file);
}

/** Protocol 2 and later begin with their number; earlier ones, which are refused, with the first opcode of an object. */
function looksLikePickle(first: Uint8Array, name: string): boolean {
  return first[0] === 0x80 || (/\.pkl$/i.test(name) && "(c]}".includes(String.fromCharCode(first[0] ?? 0)));
}

/** A header that fits the file and begins as JSON: its length's lowest byte may be that of a pickle or of gzip. */
function looksLikeSafetensors(first: Uint8Array, size: number): boolean {
  if (first.length < 16 || first[8] !== 0x7b) return false;
  return new DataView(first.buffer, first.byteOffset).getBigUint64(0, true) <= BigInt(size - 8);
}

async function fromSafetensors({ name, source }: NamedSource): Promise<CheckpointFile> {
  const headerBytes = safetensorsHeaderLength(await source.read(0, Math.min(source.size, 16)), source.size);
  const start = 8 + headerBytes;
  const header = parseSafetensorsHeader(await source.read(8, headerBytes), source.size - start);
  const stored = [...header.tensors].map(([key, { dtype, shape, begin, end }]): [string, StoredTensor] => [
    key,
    { dtype, shape, read: async () => decodeElements(dtype, (await source.read(start + begin, end - begin)).buffer) },
  ]);
  const { tensors, ema, notes } = bareNames(stored);
  const { metadata } = header;
  const said = metadata.ema === "true" ? true : metadata.ema === "false" ? false : null;
  return checked(tensors, [], {
    format: "safetensors",
    name,
    member: null,
    ema: ema ?? said ?? averagedByName(name),
    config: new Map(),
    metadata,
    notes,
  });
}

function fromTorch(name: string, format: CheckpointFormat, archive: TorchArchive): CheckpointFile {
  const network = networkInPickle(archive.root);
  const { read } = archive;
  const stored = network.tensors.map(([key, tensor]): [string, StoredTensor] => [
    key,
    { dtype: tensor.storage.type.dtype, shape: tensor.shape, read: () => read(tensor) },
  ]);
  const { tensors, ema, notes } = bareNames(stored);
  return checked(tensors, archive.warnings, {
    format,
    name,
    member: network.member,
    ema: network.ema ?? ema ?? averagedByName(name),
    config: network.module === null ? new Map() : moduleConfig(network.module),
    metadata: {},
    notes: [...network.notes, ...notes],
  });
}

function checked(
  tensors: readonly (readonly [string, StoredTensor])[],
  warnings: string[],
  rest: Omit<CheckpointFile, "tensors" | "warnings">,
): CheckpointFile {
  const named = tensors.map(([key, tensor]): [string, StoredTensor] => [key, checkedTensor(key, tensor, warnings)]);
  for (const [key, tensor] of tensors) {
    const warning = oddDtype(key, tensor);
    if (warning !== null) warnings.push(warning);
  }
  return { ...rest, tensors: new Map(named), warnings };
}
