import { crc32 } from "../crc32.ts";

interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

const ascii = new TextEncoder();

/**
 * For tests: the tensors as `torch.save` of a state_dict lays them out — a stored zip of pickle (protocol 2) and storages.
 *
 * @param key where the state_dict lies in a dict of a training loop, `{"epoch": 3, key: …}`; by itself without one
 */
export function torchFile(state: ReadonlyMap<string, Tensor>, key?: string): Uint8Array<ArrayBuffer> {
  const tensors = [...state];
  const dict = orderedDict(tensors);
  const saved =
    key === undefined
      ? dict
      : [EMPTY_DICT, MARK, ...text("epoch"), ...integer(3), ...text(key), ...dict, SETITEMS].map(Number);
  return storedZip([
    ["archive/data.pkl", Uint8Array.from([PROTO, 2, ...saved, STOP].map(Number))],
    ...tensors.map(([, { data }], at): [string, Uint8Array] => [
      `archive/data/${at}`,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ]),
    ["archive/version", ascii.encode("3\n")],
  ]);
}

const [PROTO, STOP, MARK, REDUCE, TUPLE, SETITEMS, BINPERSID, NEWFALSE, EMPTY_TUPLE, EMPTY_DICT] = [
  0x80, 0x2e, 0x28, 0x52, 0x74, 0x75, 0x51, 0x89, 0x29, 0x7d,
];

function orderedDict(tensors: readonly (readonly [string, Tensor])[]): number[] {
  const emptyDict = [...global("collections", "OrderedDict"), EMPTY_TUPLE, REDUCE] as number[];
  const out = [...emptyDict, MARK] as number[];
  tensors.forEach(([name, { shape, data }], at) => {
    const strides = shape.map((_, k) => shape.slice(k + 1).reduce((product, extent) => product * extent, 1));
    const storage = [
      ...text("storage"),
      ...global("torch", data instanceof BigInt64Array ? "LongStorage" : "FloatStorage"),
      ...text(String(at)),
      ...text("cpu"),
      ...integer(data.length),
    ];
    out.push(
      ...text(name),
      ...global("torch._utils", "_rebuild_tensor_v2"),
      ...tuple([
        ...[...tuple(storage), BINPERSID as number],
        ...integer(0),
        ...tuple(shape.flatMap(integer)),
        ...tuple(strides.flatMap(integer)),
        NEWFALSE as number,
        ...emptyDict,
      ]),
      REDUCE as number,
    );
  });
  out.push(SETITEMS as number);
  return out;
}

function tuple(items: readonly number[]): number[] {
  return [MARK as number, ...items, TUPLE as number];
}

function global(module: string, name: string): number[] {
  return [0x63, ...ascii.encode(`${module}\n${name}\n`)];
}

function text(value: string): number[] {
  const bytes = ascii.encode(value);
  return [0x58, ...little(bytes.length, 4), ...bytes];
}

function integer(value: number): number[] {
  return [0x4a, ...little(value, 4)];
}

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, k) => (value >>> (8 * k)) & 255);
}

/** A zip archive without compression, as torch writes. */
function storedZip(files: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = ascii.encode(path);
    // Version 0, no flags, stored, no time.
    const common = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0].concat(
      little(crc32(bytes), 4),
      little(bytes.length, 4),
      little(bytes.length, 4),
      little(name.length, 2),
      [0, 0],
    );
    const local = Uint8Array.from([0x50, 0x4b, 3, 4, ...common, ...name]);
    const noComment = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    directory.push(Uint8Array.from([0x50, 0x4b, 1, 2, 0, 0, ...common, ...noComment, ...little(offset, 4), ...name]));
    parts.push(local, bytes);
    offset += local.length + bytes.length;
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = little(files.length, 2);
  const end = [
    0x50,
    0x4b,
    5,
    6,
    0,
    0,
    0,
    0,
    ...count,
    ...count,
    ...little(directoryBytes, 4),
    ...little(offset, 4),
    0,
    0,
  ];
  return joined([...parts, ...directory, Uint8Array.from(end)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
