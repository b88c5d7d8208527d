import { CheckpointError, shown } from "./checkpointError.ts";
import { readPickle } from "./pickle.ts";
import type { PickleValue } from "./pickleValues.ts";
import type { TorchArchive } from "./torchArchive.ts";
import { torchGlobals } from "./torchGlobals.ts";
import { persistentStorage } from "./torchStorage.ts";
import { gather, type StorageRef, spanOf } from "./torchTensor.ts";
import type { ZipArchive } from "./zip.ts";
import type { ZipEntry } from "./zipDirectory.ts";

/** A state_dict's pickle holds names and shapes: some hundred kilobytes. */
const MAX_PICKLE_BYTES = 2 ** 28;

/** Whether it is an archive of torch.save, or of torch.jit, rather than a folder that was zipped. */
export function looksLikeTorchZip(zip: ZipArchive): boolean {
  return zip.entries.some(({ name }) => /(^|\/)(data|constants)\.pkl$/.test(name));
}

/** Opens a zip archive that torch.save wrote (torch 1.6 or later). Throws CheckpointError. */
export async function openTorchZip(zip: ZipArchive): Promise<TorchArchive> {
  const { prefix, entry } = findPickle(zip);
  const members = new Map(zip.entries.map((member) => [member.name, member]));
  await refuseBigEndian(zip, members.get(`${prefix}byteorder`));
  const pickle = await zip.read(entry);
  const checksums = pickle.intact || !(await lacksChecksums(zip, members.get(`${prefix}version`)));
  if (checksums && !pickle.intact)
    throw new CheckpointError("data.pkl does not match its CRC-32: the file is damaged. Download it again.");
  const root = readPickle(pickle.bytes, {
    globals: torchGlobals,
    persistent: (id) => storageOf(id, prefix, members),
  });
  const warnings: string[] = [];
  // A storage that several tensors share is read once where they follow each other.
  let last: { readonly key: string; readonly bytes: Uint8Array } | null = null;
  const storageBytes = async (key: string): Promise<Uint8Array> => {
    if (last?.key === key) return last.bytes;
    const { bytes, intact } = await zip.read(members.get(`${prefix}data/${key}`) as ZipEntry);
    const warning = `The bytes of data/${key} do not match their CRC-32: the file may be damaged.`;
    if (checksums && !intact && !warnings.includes(warning)) warnings.push(warning);
    last = { key, bytes };
    return bytes;
  };
  return {
    root,
    warnings,
    read: async (tensor) => {
      const { begin, bytes } = spanOf(tensor);
      const storage = await storageBytes(tensor.storage.key);
      return gather(tensor, new Uint8Array(storage.subarray(begin, begin + bytes)));
    },
  };
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
  if (text !== "little") {
    throw new CheckpointError(
      `Its byteorder is "${shown(text)}"; only little-endian files are read. Save it again on a little-endian machine.`,
    );
  }
}

/** torch 2.6 can be told not to compute CRC-32s: then that of the three bytes of `version` is wrong as well. */
async function lacksChecksums(zip: ZipArchive, version: ZipEntry | undefined): Promise<boolean> {
  if (version === undefined || version.size > 16) return false;
  const { bytes, intact } = await zip.read(version);
  return !intact && /^\d+\n?$/.test(new TextDecoder().decode(bytes));
}

function storageOf(id: PickleValue, prefix: string, members: ReadonlyMap<string, ZipEntry>): StorageRef {
  const storage = persistentStorage(id);
  const { type, key, elements } = storage;
  const member = members.get(`${prefix}data/${key}`);
  if (member === undefined) throw new CheckpointError(`The storage data/${key} is missing from the archive.`);
  if (member.size < elements * type.bytesPerElement) {
    throw new CheckpointError(
      `The storage data/${key} is too short: ${elements} elements of ${type.what} need ` +
        `${elements * type.bytesPerElement} bytes, it holds ${member.size}.`,
    );
  }
  return storage;
}
