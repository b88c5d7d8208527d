import { CheckpointError } from "./checkpointError.ts";
import type { CheckpointFile, NamedSource } from "./checkpointFile.ts";
import { openFolder } from "./folder.ts";
import { openFile } from "./openFile.ts";
import { looksLikeTorchZip } from "./torchZip.ts";
import { looksLikeZip, openZip, type ZipArchive, zipEntrySource } from "./zip.ts";

/**
 * Opens a generator's checkpoint: one file of weights, or those of a folder with its JSON files (diffusers, Hugging
 * Face), dropped together or zipped. Nothing in them is run; tensors stay in the file until they are read.
 *
 * @throws CheckpointError | SafetensorsError what the files are, why they are not read, and what to do
 */
export async function openCheckpoint(files: readonly NamedSource[]): Promise<CheckpointFile> {
  const [file, ...others] = files;
  if (file === undefined) throw new CheckpointError("No file was given.");
  if (others.length > 0) return openFolder(files);
  const zip = await zippedFolder(file);
  return zip === null ? openFile(file) : openFolder(membersOf(zip));
}

async function zippedFolder({ source }: NamedSource): Promise<ZipArchive | null> {
  if (!looksLikeZip(await source.read(0, Math.min(source.size, 4)))) return null;
  const zip = await openZip(source);
  const weights = zip.entries.some(({ name }) => /\.(safetensors|bin|pth|pt|ckpt|pkl)$/i.test(name));
  return weights && !looksLikeTorchZip(zip) ? zip : null;
}

function membersOf(zip: ZipArchive): NamedSource[] {
  // Resource forks of macOS have the names of the files that they belong to.
  const files = zip.entries.filter(({ name }) => !name.endsWith("/") && !/(^|\/)(__MACOSX\/|\._)/.test(name));
  return files.map((entry) => ({ name: entry.name, source: zipEntrySource(zip, entry) }));
}
