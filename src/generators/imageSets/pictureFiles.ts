import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { baseName, FileError } from "../../data/formats/fileError.ts";
import { imageFolder } from "../../data/formats/folder.ts";
import { decodeJpeg, looksLikeJpeg } from "../../data/formats/jpeg.ts";
import { decodePng } from "../../data/formats/png.ts";
import type { Picture } from "../../data/resize.ts";
import type { ImageFiles } from "./imageSource.ts";

const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

/**
 * PNG and JPEG files, those of one class in one folder. Where the files are numbered throughout (0000012.png, each
 * number once) they come in that order, else by path; folders named by numbers ("3", "03-cat") are those classes, else
 * they are numbered by name.
 */
export async function openPictureFiles(format: "tar" | "folder", files: readonly NamedSource[]): Promise<ImageFiles> {
  const pictures = files.filter(({ name }) => /\.(png|jpe?g)$/i.test(name) && !/(^|\/)(\._|__MACOSX\/)/.test(name));
  const folder = imageFolder(
    files[0]?.name ?? "",
    pictures.map((file) => ({ ...file, bytes: () => readWhole(file) })),
  );
  const classOf = numbered(folder.classNames);
  const labelled = folder.files.map((file, i) => ({ file, label: classOf[folder.labels[i] as number] ?? -1 }));
  const ordered = inNumberOrder(labelled) ?? labelled;
  const firstFile = ordered[0]?.file as NamedSource & { bytes(): Promise<Uint8Array> };
  const first = decoded(firstFile.name, await firstFile.bytes());
  return {
    format,
    count: ordered.length,
    height: first.height,
    width: first.width,
    labels: folder.classNames.length === 0 ? null : Int32Array.from(ordered, ({ label }) => label),
    lossless: pictures.every(({ name }) => /\.png$/i.test(name)),
    async *pictures() {
      for (const { file } of ordered) yield decoded(file.name, await file.bytes());
    },
  };
}

async function readWhole({ name, source }: NamedSource): Promise<Uint8Array> {
  if (source.size > MAX_PICTURE_BYTES) {
    throw new FileError(
      name,
      `It has ${source.size} bytes; images of at most ${MAX_PICTURE_BYTES} are read.`,
      "Make it smaller first.",
    );
  }
  return source.read(0, source.size);
}

function decoded(name: string, bytes: Uint8Array): Picture {
  return (looksLikeJpeg(bytes) ? decodeJpeg(name, bytes) : decodePng(name, bytes)).picture;
}

/** Class number per folder name. */
function numbered(classNames: readonly string[]): number[] {
  const numbers = classNames.map((name) => /^(\d{1,5})(?:\D|$)/.exec(name)?.[1]);
  const distinct = new Set(numbers.map(Number));
  const usable = numbers.every((digits) => digits !== undefined) && distinct.size === classNames.length;
  return classNames.map((_, k) => (usable ? Number(numbers[k]) : k));
}

function inNumberOrder<T extends { readonly file: { readonly name: string } }>(items: readonly T[]): T[] | null {
  const numbers = items.map(({ file }) => /^(\d{1,15})\.\w+$/.exec(baseName(file.name))?.[1]);
  if (numbers.some((digits) => digits === undefined) || new Set(numbers.map(Number)).size < items.length) return null;
  const order = items.map((_, i) => i).sort((a, b) => Number(numbers[a]) - Number(numbers[b]));
  return order.map((i) => items[i] as T);
}
