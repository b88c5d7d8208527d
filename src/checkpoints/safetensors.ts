import { decodeElements, type SafetensorsArray } from "./elements.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsDtype,
  SafetensorsError,
  safetensorsHeaderLength,
} from "./safetensorsHeader.ts";

/** A tensor as read: `dtype` is the file's; F16 and BF16 data are widened to Float32Array, BOOL is Uint8Array. */
export interface SafetensorsTensor {
  dtype: SafetensorsDtype;
  shape: number[];
  data: SafetensorsArray;
}

/** A tensor to write; its dtype follows from the array. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly data: SafetensorsArray;
}

/** Reads a whole file. Every array is a copy of its own. Throws SafetensorsError and hands out nothing if any part is wrong. */
export function readSafetensors(bytes: Uint8Array): {
  metadata: Record<string, string>;
  tensors: Map<string, SafetensorsTensor>;
} {
  const headerBytes = safetensorsHeaderLength(bytes, bytes.length);
  const start = 8 + headerBytes;
  const header = parseSafetensorsHeader(bytes.subarray(8, start), bytes.length - start);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, { dtype, shape, begin, end }] of header.tensors) {
    // A copy: typed arrays need aligned offsets, and a view (which Buffer.slice is) would keep the whole file alive.
    const copy = new Uint8Array(bytes.subarray(start + begin, start + end));
    tensors.set(name, { dtype, shape, data: decodeElements(dtype, copy.buffer) });
  }
  return { metadata: header.metadata, tensors };
}

/**
 * Writes a safetensors file. The same tensors and metadata give the same bytes, whatever order they come in:
 * metadata by key, tensors by element size (largest first, which keeps every one aligned), then by name.
 * Throws SafetensorsError when a shape does not match its array or a name is reserved.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    ([aName, a], [bName, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (aName < bName ? -1 : 1),
  );
  // Members are joined as text: as object properties, a tensor named "7" would jump the queue.
  const members: string[] = [];
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length > 0) {
    members.push(`"__metadata__":{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`);
  }
  let offset = 0;
  for (const [name, { shape, data }] of sorted) {
    if (name === "__metadata__")
      throw new SafetensorsError('"__metadata__" is reserved, no tensor may have that name.');
    const elements = shape.reduce((product, extent) => product * extent, 1);
    if (elements !== data.length) {
      throw new SafetensorsError(`Tensor "${name}": shape [${shape.join(", ")}] but ${data.length} elements.`);
    }
    const end = offset + data.byteLength;
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${dtypeOf(data)}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8 + header.length, 8 + headerBytes);
  file.set(header, 8);
  let position = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

function dtypeOf(data: SafetensorsArray): SafetensorsDtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Uint8Array) return "U8";
  if (data instanceof Int32Array) return "I32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Uint32Array) return "U32";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof BigUint64Array) return "U64";
  if (data instanceof Int16Array) return "I16";
  if (data instanceof Uint16Array) return "U16";
  return "I8";
}
