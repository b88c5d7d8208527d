import { decodeElements } from "../../checkpoints/elements.ts";
import type { SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import type { SafetensorsDtype } from "../../checkpoints/safetensorsHeader.ts";
import { FileError, grouped } from "./fileError.ts";

const MAGIC = "\x93NUMPY";
/** A header is some 100 bytes; NumPy itself warns beyond 10,000. */
const MAX_HEADER_BYTES = 10_000;
/** What holds the longest header that is read. */
export const NPY_HEADER_BYTES = MAX_HEADER_BYTES + 12;

const DTYPES: Readonly<Record<string, readonly [SafetensorsDtype, bytes: number]>> = {
  f2: ["F16", 2],
  f4: ["F32", 4],
  f8: ["F64", 8],
  i1: ["I8", 1],
  i2: ["I16", 2],
  i4: ["I32", 4],
  i8: ["I64", 8],
  u1: ["U8", 1],
  u2: ["U16", 2],
  u4: ["U32", 4],
  u8: ["U64", 8],
  b1: ["BOOL", 1],
};

export function looksLikeNpy(bytes: Uint8Array): boolean {
  return [...MAGIC].every((c, k) => bytes[k] === c.charCodeAt(0));
}

/** Where the elements of a .npy file lie and what they are. */
export interface NpyLayout {
  readonly dtype: SafetensorsDtype;
  readonly elementBytes: number;
  readonly bigEndian: boolean;
  /** First index fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Byte at which the elements begin; they end the file. */
  readonly start: number;
}

/**
 * Reads the header of a .npy file (versions 1 to 3). It is a Python literal and is parsed as exactly the one that NumPy
 * writes, never evaluated. Arrays of objects or text are refused. Throws FileError, also where the file is too short
 * or too long for its shape.
 *
 * @param first the file's beginning, at least {@link NPY_HEADER_BYTES} or all of it
 * @param size bytes of the whole file
 */
export function readNpyLayout(file: string, first: Uint8Array, size: number): NpyLayout {
  const fail = (why: string, remedy = "Save it again with numpy.save."): never => {
    throw new FileError(file, why, remedy);
  };
  if (first.length < 10 || !looksLikeNpy(first)) fail("It is no .npy file, or it is cut off.");
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) fail(`Version ${version} of the .npy format is not known.`);
  const prefix = version === 1 ? 10 : 12;
  if (first.length < prefix) fail("It is cut off.");
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = prefix + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || start > first.length) {
    fail(`Its header claims ${grouped(headerBytes)} bytes; the file has ${grouped(size)}.`);
  }
  const header = parseHeader(new TextDecoder("latin1").decode(first.subarray(prefix, start)));
  if (header === null) return fail("Its header is not one that NumPy writes.");
  const { descr, fortran, shape } = header;
  const [order, kind] = [descr[0], descr.slice(1)];
  const [dtype, elementBytes] =
    DTYPES[kind] ??
    fail(`Its elements are "${descr}"; read are floats, integers and bool.`, "Save it as float32 or int64.");
  let elements = 1;
  for (const extent of shape) elements *= extent;
  if (shape.includes(0)) elements = 0;
  if (!Number.isSafeInteger(elements * elementBytes) || elements * elementBytes !== size - start) {
    fail(
      `Shape (${shape.join(", ")}) of "${descr}" needs ${grouped(elements * elementBytes)} bytes, it holds ${grouped(size - start)}.`,
    );
  }
  return { dtype, elementBytes, bigEndian: order === ">", fortran, shape, start };
}

/**
 * Reads a NumPy .npy array: numbers of either byte order, in C or Fortran order, as a row-major array; float16 is
 * widened to float32. Throws FileError as {@link readNpyLayout} does.
 *
 * @param file for messages
 */
export function readNpy(file: string, bytes: Uint8Array): SafetensorsTensor {
  const { dtype, elementBytes, bigEndian, fortran, shape, start } = readNpyLayout(file, bytes, bytes.length);
  const raw = new Uint8Array(bytes.subarray(start));
  if (bigEndian) swapBytes(raw, elementBytes);
  const rows = fortran && shape.length > 1 ? fromFortran(raw, shape, elementBytes) : raw;
  return { dtype, shape: [...shape], data: decodeElements(dtype, rows.buffer) };
}

interface NpyHeader {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: number[];
}

/** {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } with its keys in any order; null for anything else. */
function parseHeader(text: string): NpyHeader | null {
  const dict = /^\{(.*)\}[ \n]*$/.exec(text)?.[1];
  if (dict === undefined) return null;
  const found: { descr?: string; fortran?: boolean; shape?: number[] } = {};
  let rest = dict.trim();
  while (rest !== "") {
    const item =
      /^'(descr)': ?'([<>|=][a-zA-Z]\d{0,5})'(?:, *|$)/.exec(rest) ??
      /^'(fortran_order)': ?(True|False)(?:, *|$)/.exec(rest) ??
      /^'(shape)': ?\(((?:\d{1,16}L?(?:, ?|(?=\))))*)\)(?:, *|$)/.exec(rest);
    if (item === null) return null;
    const [whole, key, value = ""] = item;
    if (key === "descr" && found.descr === undefined) found.descr = value;
    else if (key === "fortran_order" && found.fortran === undefined) found.fortran = value === "True";
    else if (key === "shape" && found.shape === undefined) {
      found.shape = value
        .split(",")
        .map((part) => part.trim().replace(/L$/, ""))
        .filter((part) => part !== "")
        .map(Number);
    } else return null;
    rest = rest.slice(whole.length);
  }
  const { descr, fortran, shape } = found;
  return descr === undefined || fortran === undefined || shape === undefined ? null : { descr, fortran, shape };
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** First index fastest → last index fastest. */
function fromFortran(bytes: Uint8Array<ArrayBuffer>, shape: readonly number[], size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += size) {
    for (let b = 0; b < size; b++) out[to + b] = bytes[from * size + b] as number;
    for (let k = shape.length - 1; k >= 0; k--) {
      from += strides[k] as number;
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      from -= (shape[k] as number) * (strides[k] as number);
      index[k] = 0;
    }
  }
  return out;
}
