/**
 * The safetensors container (huggingface.co/docs/safetensors): an 8-byte little-endian header length, a JSON header
 * {name: {dtype, shape, data_offsets}}, then the raw little-endian tensors. A file is untrusted: every number in it is
 * checked before anything is allocated, and the tensors must tile the data exactly (no hole, overlap or trailing byte).
 */

export type SafetensorsDtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Where a tensor lies, in bytes counted from the end of the header. */
export interface TensorLocation {
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  tensors: Map<string, TensorLocation>;
}

/** The file breaks the format; the message says where. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

/** The limit of the reference implementation: a larger header is a lie or an attack. */
const MAX_HEADER_BYTES = 100_000_000;

const ELEMENT_BYTES: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/**
 * The header length that the first 8 bytes announce, checked against the size of the file.
 * @param first at least the first 8 bytes of the file
 */
export function safetensorsHeaderLength(first: Uint8Array, fileBytes: number): number {
  if (first.length < 8 || fileBytes < 8) {
    throw new SafetensorsError(`Too short for a header: ${fileBytes} bytes, at least 10 are needed (truncated?).`);
  }
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (isLfsPointer(first)) {
    throw new SafetensorsError("This is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`.");
  }
  if (length < 2n || length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      `Not a safetensors file: its header claims ${length} bytes, allowed are 2 to ${MAX_HEADER_BYTES}.`,
    );
  }
  if (length > BigInt(fileBytes - 8)) {
    throw new SafetensorsError(`Truncated: the header claims ${length} bytes, but only ${fileBytes - 8} follow.`);
  }
  return Number(length);
}

/** Parses and checks a header (without its 8 length bytes) against the `dataBytes` that follow it. */
export function parseSafetensorsHeader(header: Uint8Array, dataBytes: number): SafetensorsHeader {
  const root = parseHeaderJson(header);
  let metadata: Record<string, string> = {};
  const tensors = new Map<string, TensorLocation>();
  for (const [name, value] of Object.entries(root)) {
    if (name === "__metadata__") metadata = checkMetadata(value);
    else tensors.set(name, checkTensor(name, value, dataBytes));
  }
  checkTiling(tensors, dataBytes);
  return { metadata, tensors };
}

function isLfsPointer(first: Uint8Array): boolean {
  return String.fromCharCode(...first.subarray(0, 8)) === "version ";
}

function parseHeaderJson(header: Uint8Array): Record<string, unknown> {
  let text: string;
  let root: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new SafetensorsError("The header is not valid UTF-8.", { cause });
  }
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError("The header is not valid JSON.", { cause });
  }
  if (!isObject(root)) throw new SafetensorsError("The header is not a JSON object.");
  // JSON.parse keeps the last of two equal keys: one colon outside strings per surviving key proves there were none.
  let keys = Object.keys(root).length;
  for (const value of Object.values(root)) if (isObject(value)) keys += Object.keys(value).length;
  if (colonsOutsideStrings(text) !== keys) {
    throw new SafetensorsError("The header has a duplicate key, or objects nested deeper than dtype, shape, offsets.");
  }
  return root;
}

function colonsOutsideStrings(json: string): number {
  let colons = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (inString && c === "\\") i++;
    else if (c === '"') inString = !inString;
    else if (c === ":" && !inString) colons++;
  }
  return colons;
}

function checkMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) throw new SafetensorsError("__metadata__ is not an object.");
  const pairs: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw new SafetensorsError(`__metadata__: "${show(key)}" is not a string.`);
    pairs.push([key, text]);
  }
  return Object.fromEntries(pairs);
}

function checkTensor(name: string, value: unknown, dataBytes: number): TensorLocation {
  const fail = (what: string): never => {
    throw new SafetensorsError(`Tensor "${show(name)}": ${what}`);
  };
  if (!isObject(value)) return fail("its header entry is not an object with dtype, shape and data_offsets.");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    return fail(`dtype ${show(String(dtype))} is not known (known: ${Object.keys(ELEMENT_BYTES).join(", ")}).`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail("its shape is not a list of non-negative integers.");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail("its data_offsets are not two non-negative integers.");
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    return fail(`its offsets [${begin}, ${end}) are out of range: the file holds ${dataBytes} data bytes.`);
  }
  // A zero anywhere makes the product 0; otherwise it only grows, so one check after each factor catches overflow.
  let bytes = ELEMENT_BYTES[dtype as SafetensorsDtype];
  if (shape.includes(0)) bytes = 0;
  else {
    for (const extent of shape) {
      bytes *= extent;
      if (!Number.isSafeInteger(bytes)) return fail("its shape overflows any possible size.");
    }
  }
  if (bytes !== end - begin) {
    return fail(`shape [${shape.join(", ")}] of ${dtype} needs ${bytes} bytes, its offsets hold ${end - begin}.`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function checkTiling(tensors: ReadonlyMap<string, TensorLocation>, dataBytes: number): void {
  const byOffset = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of byOffset) {
    if (begin !== covered) {
      const what = begin < covered ? "overlap of offsets" : "hole between offsets";
      throw new SafetensorsError(`Tensor "${show(name)}": ${what}, it starts at ${begin} where ${covered} is due.`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new SafetensorsError(`${dataBytes - covered} trailing bytes after the last tensor (size ${dataBytes}).`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function show(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
