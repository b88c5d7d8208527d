import { crc32 } from "../../checkpoints/crc32.ts";

/** Sizes of a zip archive have 32 bits. */
export const NPZ_BYTES = 2 ** 32 - 2 ** 20;
const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const MEMBER = 0x02014b50;
const END = 0x06054b50;
/** The sizes follow the bytes: they are not known before. */
const SIZES_FOLLOW = 8;
/** 1 January 1980, the first day of zip: the same pool gives the same file. */
const DATE = (1 << 5) | 1;

type Bytes = Uint8Array<ArrayBuffer>;

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/** One array of an .npz: its .npy header and its elements, in pieces. */
export type NpzArray = readonly [name: string, pieces: AsyncIterable<Bytes> | Iterable<Bytes>];

/** An .npz piece by piece, as numpy.savez writes it (stored, not deflated); at most {@link NPZ_BYTES}. */
export async function* npzFile(arrays: readonly NpzArray[]): AsyncGenerator<Bytes> {
  const members: Member[] = [];
  let offset = 0;
  for (const [array, pieces] of arrays) {
    const name = `${array}.npy`;
    const header = localHeader(name);
    const start = offset;
    yield header;
    offset += header.length;
    let [size, crc] = [0, 0];
    for await (const piece of pieces) {
      crc = crc32(piece, crc);
      size += piece.length;
      yield piece;
    }
    const member = { name, offset: start, size, crc };
    members.push(member);
    yield descriptor(member);
    offset += size + 16;
  }
  yield directory(members, offset);
}

/** Version 1 header, padded so that the elements begin at a multiple of 64, as NumPy pads it. */
export function npyHeader(descr: string, shape: readonly number[]): Bytes {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(`${dict.padEnd(length - 1)}\n`), 10);
  return bytes;
}

function localHeader(name: string): Bytes {
  const bytes = new Uint8Array(30 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, LOCAL, true);
  view.setUint16(4, 20, true);
  view.setUint16(6, SIZES_FOLLOW, true);
  view.setUint16(12, DATE, true);
  view.setUint16(26, name.length, true);
  bytes.set(new TextEncoder().encode(name), 30);
  return bytes;
}

function descriptor({ crc, size }: Member): Bytes {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [k, value] of [DESCRIPTOR, crc, size, size].entries()) view.setUint32(4 * k, value, true);
  return bytes;
}

function directory(members: readonly Member[], offset: number): Bytes {
  const entries = members.map(({ name, offset: start, size, crc }) => {
    const bytes = new Uint8Array(46 + name.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MEMBER, true);
    view.setUint16(4, 20, true);
    view.setUint16(6, 20, true);
    view.setUint16(8, SIZES_FOLLOW, true);
    view.setUint16(14, DATE, true);
    for (const [k, value] of [crc, size, size].entries()) view.setUint32(16 + 4 * k, value, true);
    view.setUint16(28, name.length, true);
    view.setUint32(42, start, true);
    bytes.set(new TextEncoder().encode(name), 46);
    return bytes;
  });
  const size = entries.reduce((sum, entry) => sum + entry.length, 0);
  const bytes = new Uint8Array(size + 22);
  let at = 0;
  for (const entry of entries) {
    bytes.set(entry, at);
    at += entry.length;
  }
  const view = new DataView(bytes.buffer, size);
  view.setUint32(0, END, true);
  view.setUint16(8, members.length, true);
  view.setUint16(10, members.length, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return bytes;
}
