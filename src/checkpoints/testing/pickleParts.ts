/** For tests: pieces of a pickle (protocol 2 and 3), as bytes. */
const ascii = new TextEncoder();

const PROTO = 0x80;
const STOP = 0x2e;
const MARK = 0x28;
const REDUCE = 0x52;
const TUPLE = 0x74;
const SETITEMS = 0x75;
const APPENDS = 0x65;
const NEWFALSE = 0x89;
const EMPTY_TUPLE = 0x29;
const EMPTY_LIST = 0x5d;
const EMPTY_DICT = 0x7d;
const BINPERSID = 0x51;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export function pickle(value: readonly number[], protocol = 2): number[] {
  return [PROTO, protocol, ...value, STOP];
}

export function text(value: string): number[] {
  const bytes = ascii.encode(value);
  return [0x58, ...little(bytes.length, 4), ...bytes];
}

export function integer(value: number): number[] {
  return [0x4a, ...little(value, 4)];
}

export function bytes(value: ArrayLike<number>): number[] {
  return [0x42, ...little(value.length, 4), ...Array.from(value)];
}

export function tuple(...items: readonly number[][]): number[] {
  return [MARK, ...items.flat(), TUPLE];
}

export function list(...items: readonly number[][]): number[] {
  return [EMPTY_LIST, MARK, ...items.flat(), APPENDS];
}

export function dict(entries: readonly (readonly [string, readonly number[]])[]): number[] {
  return [EMPTY_DICT, MARK, ...entries.flatMap(([key, value]) => [...text(key), ...value]), SETITEMS];
}

export function global(module: string, name: string): number[] {
  return [0x63, ...ascii.encode(`${module}\n${name}\n`)];
}

export function call(callee: readonly number[], ...args: readonly number[][]): number[] {
  return [...callee, ...tuple(...args), REDUCE];
}

const emptyOrderedDict = [...global("collections", "OrderedDict"), EMPTY_TUPLE, REDUCE];

export function orderedDict(entries: readonly (readonly [string, readonly number[]])[]): number[] {
  return [...emptyOrderedDict, MARK, ...entries.flatMap(([key, value]) => [...text(key), ...value]), SETITEMS];
}

/** The persistent id of a storage; `more` is what the legacy format puts behind it. */
export function storage(key: string, data: Tensor["data"], ...more: readonly number[][]): number[] {
  const type = global("torch", data instanceof BigInt64Array ? "LongStorage" : "FloatStorage");
  return [...tuple(text("storage"), type, text(key), text("cpu"), integer(data.length), ...more), BINPERSID];
}

/** A contiguous tensor over all of a storage. */
export function tensor(shape: readonly number[], itsStorage: readonly number[]): number[] {
  const strides = shape.map((_, k) => shape.slice(k + 1).reduce((product, extent) => product * extent, 1));
  const args = [[...itsStorage], integer(0), tuple(...shape.map(integer)), tuple(...strides.map(integer))];
  return call(global("torch._utils", "_rebuild_tensor_v2"), ...args, [NEWFALSE], emptyOrderedDict);
}

export const none = [0x4e];

export function little(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => Math.floor(value / 2 ** (8 * k)) % 256);
}

export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
