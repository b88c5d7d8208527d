import type { ByteSource } from "./byteSource.ts";
import { CheckpointError, shown } from "./checkpointError.ts";
import type { SafetensorsArray } from "./elements.ts";
import { readPickle } from "./pickle.ts";
import { PickleTuple, type PickleValue } from "./pickleValues.ts";
import { torchGlobals } from "./torchGlobals.ts";
import { gather, StorageRef, StorageType, type TensorRef } from "./torchTensor.ts";
import { openZip, type ZipArchive } from "./zip.ts";
import type { ZipEntry } from "./zipDirectory.ts";

/** A file written by torch.save (torch 1.6 or later): its pickle as data, and the tensors on request. */
export interface TorchZip {
  readonly root: PickleValue;
  /** Reads a tensor of the pickle; a storage that several tensors share is read once where they follow each other. */
  read(tensor: TensorRef): Promise<SafetensorsArray>;
  /** Sentences on what was read although it is not as it should be; grows with the tensors that are read. */
  readonly warnings: readonly string[];
}

/** A state_dict's pickle holds names and shapes: some hundred kilobytes. */
const MAX_PICKLE_BYTES = 2 ** 28;

/** Opens a torch zip checkpoint. Throws CheckpointError. */
export async function openTorchZip(source: ByteSource): Promise<TorchZip> {
  const zip = await openZip(source);
  const { prefix, entry } = findPickle(zip);
  const members = new Map(zip.entries.map((member) => [member.name, member]));
  await refuseBigEndian(zip, members.get(`${prefix}byteorder`));
  const warnings: string[] = [];
  const pickle = await zip.read(entry);
  if (!pickle.intact)
    throw new CheckpointError("data.pkl does not match its CRC-32: the file is damaged. Download it again.");
  const root = readPickle(pickle.bytes, {
    globals: torchGlobals,
    persistent: (id) => storageOf(id, prefix, members),
  });
  let last: { readonly key: string; readonly bytes: Uint8Array } | null = null;
  const storageBytes = async (key: string): Promise<Uint8Array> => {
    if (last?.key === key) return last.bytes;
    const { bytes, intact } = await zip.read(members.get(`${prefix}data/${key}`) as ZipEntry);
    const warning = `The bytes of data/${key} do not match their CRC-32: the file may be damaged.`;
    if (!intact && !warnings.includes(warning)) warnings.push(warning);
    last = { key, bytes };
    return bytes;
  };
  return { root, read: async (tensor) => gather(tensor, await storageBytes(tensor.storage.key)), warnings };
}

function findPickle(zip: ZipArchive): { prefix: string; entry: ZipEntry } {
  const pickles = zip.entries.filter(({ name }) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (zip.entries.some(({ name }) => name === "constants.pkl" || name.endsWith("/constants.pkl"))) {
    throw new CheckpointError(
      "This is a TorchScript archive (it holds code). Save the state_dict of the model instead.",
    );
  }
  const [entry, ...others] = pickles;
  if (entry === undefined) {
    throw new CheckpointError("This zip archive has no data.pkl: it is no checkpoint of torch.save.");
  }
  if (others.length > 0) throw new CheckpointError(`This zip archive has ${pickles.length} files data.pkl, not one.`);
  if (entry.name.split("/").includes(".."))
    throw new CheckpointError(`The path "${shown(entry.name)}" leaves the archive.`);
  if (entry.size > MAX_PICKLE_BYTES)
    throw new CheckpointError(`Its data.pkl declares ${entry.size} bytes: no state_dict.`);
  return { prefix: entry.name.slice(0, -"data.pkl".length), entry };
}

async function refuseBigEndian(zip: ZipArchive, byteorder: ZipEntry | undefined): Promise<void> {
  if (byteorder === undefined || byteorder.size > 16) return;
  const text = new TextDecoder().decode((await zip.read(byteorder)).bytes);
  if (text !== "little")
    throw new CheckpointError(`Its byteorder is "${shown(text)}"; only little-endian files are read.`);
}

/** ('storage', type, key, location, elements); the location is where the tensor was, and does not matter here. */
function storageOf(id: PickleValue, prefix: string, members: ReadonlyMap<string, ZipEntry>): StorageRef {
  const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") {
    throw new CheckpointError("The pickle refers to something outside it that is no storage of a known type.");
  }
  if (!/^\w+$/.test(key)) throw new CheckpointError(`"${shown(key)}" is no key of a storage.`);
  if (typeof elements !== "number" || !Number.isSafeInteger(elements) || elements < 0) {
    throw new CheckpointError(`The storage data/${key} declares ${String(elements)} elements.`);
  }
  const member = members.get(`${prefix}data/${key}`);
  if (member === undefined) throw new CheckpointError(`The storage data/${key} is missing from the archive.`);
  if (member.size < elements * type.bytesPerElement) {
    throw new CheckpointError(
      `The storage data/${key} is too short: ${elements} elements of ${type.what} need ` +
        `${elements * type.bytesPerElement} bytes, it holds ${member.size}.`,
    );
  }
  return new StorageRef(type, key, elements);
}
