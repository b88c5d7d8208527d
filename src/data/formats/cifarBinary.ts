import type { ImageSet } from "../imageSet.ts";
import { baseName, FileError, grouped } from "./fileError.ts";

export type CifarKind = "cifar10" | "cifar100";

/** A parsed CIFAR binary file. CIFAR-100 labels are the fine ones. */
export interface CifarFile {
  readonly kind: CifarKind;
  readonly set: ImageSet;
}

interface Layout {
  readonly kind: CifarKind;
  readonly title: string;
  readonly recordBytes: number;
  /** Largest value of each label byte of a record; the last one is the label. */
  readonly largest: readonly number[];
}

const PLANE = 32 * 32;
const LAYOUTS: readonly Layout[] = [
  { kind: "cifar10", title: "CIFAR-10", recordBytes: 3073, largest: [9] },
  { kind: "cifar100", title: "CIFAR-100", recordBytes: 3074, largest: [19, 99] },
];
const DOWNLOAD = "Download it again; the binary version (cifar-10-binary or cifar-100-binary) is the one to drop.";

/**
 * Parses a CIFAR-10 (1 label byte + 3,072 pixel bytes) or CIFAR-100 (coarse, fine, 3,072) binary file. The number of
 * records comes from the size. A size that fits both layouts (multiples of 9,446,402 bytes) is decided by the label
 * bytes, and where both fit those too, by a name with "100" in it, or train.bin, or test.bin.
 * Throws FileError for a wrong size, and for a label byte that the layout does not allow.
 */
export function parseCifarBinary(file: string, bytes: Uint8Array): CifarFile {
  const fitting = LAYOUTS.filter(({ recordBytes }) => bytes.length > 0 && bytes.length % recordBytes === 0);
  const [first] = fitting;
  if (first === undefined) {
    const sizes = LAYOUTS.map(({ recordBytes, title }) => `${grouped(recordBytes)} (${title})`).join(" or ");
    throw new FileError(file, `${grouped(bytes.length)} bytes are not a multiple of ${sizes}.`, DOWNLOAD);
  }
  const clean = fitting.filter((layout) => badLabel(bytes, layout) === null);
  if (clean.length === 2) {
    const named100 = /100|^(train|test)\.bin$/i.test(baseName(file));
    return unpack(bytes, clean[named100 ? 1 : 0] as Layout);
  }
  const layout = clean[0];
  if (layout === undefined) {
    const { record, value, limit } = badLabel(bytes, first) as BadLabel;
    const why = `It has the size of ${grouped(bytes.length / first.recordBytes)} ${first.title} records, but record ${grouped(record)} has label ${value} where at most ${limit} is possible.`;
    throw new FileError(file, why, DOWNLOAD);
  }
  return unpack(bytes, layout);
}

interface BadLabel {
  record: number;
  value: number;
  limit: number;
}

function badLabel(bytes: Uint8Array, { recordBytes, largest }: Layout): BadLabel | null {
  for (let at = 0; at < bytes.length; at += recordBytes) {
    for (const [k, limit] of largest.entries()) {
      const value = bytes[at + k] as number;
      if (value > limit) return { record: at / recordBytes, value, limit };
    }
  }
  return null;
}

function unpack(bytes: Uint8Array, { kind, recordBytes, largest }: Layout): CifarFile {
  const count = bytes.length / recordBytes;
  const images = new Uint8Array(count * PLANE * 3);
  const labels = new Int32Array(count);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const pixels = i * recordBytes + largest.length;
    labels[i] = bytes[pixels - 1] as number;
    for (let p = pixels; p < pixels + PLANE; p++) {
      images[to++] = bytes[p] as number;
      images[to++] = bytes[p + PLANE] as number;
      images[to++] = bytes[p + 2 * PLANE] as number;
    }
  }
  return { kind, set: { count, height: 32, width: 32, images, labels } };
}
