import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { looksLikeZip, openZip, zipEntrySource } from "../../checkpoints/zip.ts";
import { looksLikeNpy } from "../../data/formats/npy.ts";
import { looksLikeTar } from "../../data/formats/tar.ts";
import type { ImageFiles } from "./imageSource.ts";
import { openNpyImages } from "./npyImages.ts";
import { openPictureFiles } from "./pictureFiles.ts";
import { listTar } from "./tarEntries.ts";

const FIRST_BYTES = 512;

/**
 * Opens a set of images: .npz, .npy with a .npy of labels beside it, .tar of PNG or JPEG with a folder per class, or
 * such a folder. null where the files are something else.
 *
 * @throws FileError | CheckpointError where they are images, but not such as can be read
 */
export async function openImageFiles(files: readonly NamedSource[]): Promise<ImageFiles | null> {
  const first = files[0];
  if (first === undefined) return null;
  if (files.every(({ name }) => /\.(png|jpe?g)$/i.test(name))) return openPictureFiles("folder", files);
  const start = await first.source.read(0, Math.min(first.source.size, FIRST_BYTES));
  if (files.every(({ name }) => /\.npy$/i.test(name)) && looksLikeNpy(start)) return openNpyImages("npy", files);
  if (files.length > 1) return null;
  if (looksLikeTar(start)) return openPictureFiles("tar", await listTar(first));
  if (!looksLikeZip(start)) return null;
  const zip = await openZip(first.source);
  if (!zip.entries.length || !zip.entries.every(({ name }) => /\.npy$/i.test(name))) return null;
  return openNpyImages(
    "npz",
    zip.entries.map((entry) => ({ name: entry.name, source: zipEntrySource(zip, entry) })),
  );
}
