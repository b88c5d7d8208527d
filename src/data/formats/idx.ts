import type { ImageSet } from "../imageSet.ts";
import { resizeBilinear } from "../resize.ts";
import { FileError, grouped } from "./fileError.ts";

/** An idx file of unsigned bytes (yann.lecun.com/exdb/mnist): its extents and its values. */
export interface IdxFile {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const TYPES: Readonly<Record<number, string>> = {
  8: "unsigned bytes",
  9: "signed bytes",
  11: "16-bit integers",
  12: "32-bit integers",
  13: "32-bit floats",
  14: "64-bit floats",
};

/** Whether the bytes start like an idx file. */
export function looksLikeIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && TYPES[bytes[2] ?? 0] !== undefined && [1, 2, 3, 4].includes(bytes[3] ?? 0);
}

/** Parses an (uncompressed) idx file. Throws FileError unless it holds bytes and exactly as many as it announces. */
export function parseIdx(file: string, bytes: Uint8Array): IdxFile {
  if (!looksLikeIdx(bytes)) {
    throw new FileError(file, "It does not start like an idx file (00 00 08 …).", "Download it again.");
  }
  const type = bytes[2] as number;
  if (type !== 8) {
    const why = `Its values are ${TYPES[type]}; images and labels of up to 256 classes are unsigned bytes.`;
    throw new FileError(file, why, "Convert it to unsigned bytes, or drop the images as a folder per class.");
  }
  const rank = bytes[3] as number;
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new FileError(file, "It ends within its header.", "Download it again.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, k) => view.getUint32(4 + 4 * k));
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== bytes.length - start) {
    const why = `It announces ${shape.map(grouped).join(" × ")} bytes of data, but holds ${grouped(bytes.length - start)}.`;
    throw new FileError(file, why, "Download it again.");
  }
  return { shape, data: bytes.subarray(start) };
}

/**
 * The images of an idx pair as RGB of `side` × `side`: grey repeated in three channels, resized as Pillow does.
 * Throws FileError when the two files do not belong together.
 */
export function idxImageSet(
  images: IdxFile & { file: string },
  labels: IdxFile & { file: string },
  side: number,
): ImageSet {
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || !count || !height || !width) {
    const why = `Its extents are ${images.shape.join(" × ")}; images have three: count × height × width.`;
    throw new FileError(images.file, why, "Check that images and labels are not swapped.");
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    const why = `It holds ${labels.shape.map(grouped).join(" × ")} labels for the ${grouped(count)} images of ${images.file}.`;
    throw new FileError(labels.file, why, "Drop the two files of one download together.");
  }
  const out = new Uint8Array(count * side * side * 3);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const pixels = images.data.subarray(i * height * width, (i + 1) * height * width);
    for (const grey of resizeBilinear({ height, width, pixels }, side, side, 1).pixels) {
      out[to++] = grey;
      out[to++] = grey;
      out[to++] = grey;
    }
  }
  return { count, height: side, width: side, images: out, labels: Int32Array.from(labels.data) };
}
