import { decodeElements } from "../../checkpoints/elements.ts";
import type { SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import type { SafetensorsDtype } from "../../checkpoints/safetensorsHeader.ts";
import { FileError, grouped } from "./fileError.ts";

const MAGIC = "\x93NUMPY";
/** A header is some 100 bytes; NumPy itself warns beyond 10,000. */
const MAX_HEADER_BYTES = 10_000;

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

/**
 * Reads a NumPy .npy array (versions 1 to 3): numbers of either byte order, in C or Fortran order, as a row-major
 * array; float16 is widened to float32. The header is a Python literal and is parsed as exactly the one that NumPy
 * writes, never evaluated. Arrays of objects or text are refused. Throws FileError.
 *
 * @param file for messages
 */
export function readNpy(file: string, bytes: Uint8Array): SafetensorsTensor {
  const fail = (why: string, remedy = "Save it again with numpy.save."): never => {
    throw new FileError(file, why, remedy);
  };
  if (bytes.length < 10 || !looksLikeNpy(bytes)) fail("It is no .npy file, or it is cut off.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) fail(`Version ${version} of the .npy format is not known.`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) fail("It is cut off.");
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > MAX_HEADER_BYTES || start + headerBytes > bytes.length) {
    fail(`Its header claims ${grouped(headerBytes)} bytes; the file has ${grouped(bytes.length)}.`);
  }
  const header = parseHeader(new TextDecoder("latin1").decode(bytes.subarray(start, start + headerBytes)));
  if (header === null) return fail("Its header is not one that NumPy writes.");
  const { descr, fortran, shape } = header;
  const [order, kind] = [descr[0], descr.slice(1)];
  const [dtype, size] =
    DTYPES[kind] ??
    fail(`Its elements are "${descr}"; read are floats, integers and bool.`, "Save it as float32 or int64.");
  let elements = 1;
  for (const extent of shape) elements *= extent;
  if (shape.includes(0)) elements = 0;
  const data = bytes.subarray(start + headerBytes);
  if (!Number.isSafeInteger(elements * size) || elements * size !== data.length) {
    fail(
      `Shape (${shape.join(", ")}) of "${descr}" needs ${grouped(elements * size)} bytes, it holds ${grouped(data.length)}.`,
    );
  }
  const raw = new Uint8Array(data);
  if (order === ">") swapBytes(raw, size);
  const rows = fortran && shape.length > 1 ? fromFortran(raw, shape, size) : raw;
  return { dtype, shape, data: decodeElements(dtype, rows.buffer) };
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
