import { fitSquare } from "../resize.ts";
import { baseName, FileError, grouped, type NamedFile } from "./fileError.ts";
import { decodeJpeg, looksLikeJpeg } from "./jpeg.ts";
import { type DecodedImage, decodePng, type Grey16Rule } from "./png.ts";

export const MAX_CLASSES = 1000;

/** A folder of images, before any is decoded. */
export interface ImageFolder {
  /** Sorted by path, so that the same folder gives the same dataset as an archive of it. */
  readonly files: readonly NamedFile[];
  /** Names of the parent folders, sorted; empty when there is only one: then the images have no classes. */
  readonly classNames: readonly string[];
  /** Class per file, −1 without classes. */
  readonly labels: Int32Array;
}

/**
 * Images as classes by parent folder (a folder called "images" stands for its own parent, as in Tiny-ImageNet).
 * Throws FileError when there are none or more than 1,000 classes.
 */
export function imageFolder(root: string, images: readonly NamedFile[]): ImageFolder {
  if (images.length === 0) {
    throw new FileError(
      root,
      "It holds no PNG or JPEG image.",
      "Choose the folder that has one folder of images per class.",
    );
  }
  const files = [...images].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parents = files.map(({ name }) => className(name));
  const classNames = [...new Set(parents)].sort();
  if (classNames.length > MAX_CLASSES) {
    const why = `It has ${grouped(classNames.length)} class folders; at most ${grouped(MAX_CLASSES)} are read.`;
    throw new FileError(
      root,
      why,
      "Drop fewer of its folders, or all images in a single one if their classes do not matter.",
    );
  }
  if (classNames.length === 1) return { files, classNames: [], labels: new Int32Array(files.length).fill(-1) };
  const index = new Map(classNames.map((name, k) => [name, k]));
  return { files, classNames, labels: Int32Array.from(parents, (name) => index.get(name) as number) };
}

function className(path: string): string {
  const segments = path.split("/").slice(0, -1);
  if (segments.length > 1 && segments.at(-1) === "images") segments.pop();
  return segments.at(-1) ?? "";
}

/** Decodes one image by its content and fits it into a square: short side to `side`, central crop, Pillow's bytes. */
export async function readImage(file: NamedFile, side: number, grey16: Grey16Rule | undefined): Promise<SquareImage> {
  const bytes = await file.bytes();
  if (bytes.length === 0) throw new FileError(file.name, "It is empty.", "Download it again.");
  const lossy = looksLikeJpeg(bytes);
  const decoded: DecodedImage = lossy ? decodeJpeg(file.name, bytes) : decodePng(file.name, bytes, grey16);
  const { height, width } = decoded.picture;
  if (Math.max(height, width) > 100 * Math.min(height, width)) {
    const why = `${baseName(file.name)} is ${grouped(width)} × ${grouped(height)}: a central square would show almost nothing of it.`;
    throw new FileError(file.name, why, "Crop it first.");
  }
  return { pixels: fitSquare(decoded.picture, side).pixels, height, width, lossy, changed: decoded.changed };
}

/** An image ready for a set, and what it was. */
export interface SquareImage {
  /** uint8 RGB [side][side][3] */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly lossy: boolean;
  readonly changed: string;
}
