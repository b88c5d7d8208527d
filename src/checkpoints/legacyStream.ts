import { CheckpointError, shown } from "./checkpointError.ts";
import { type PickleRules, readPickleAt } from "./pickle.ts";
import { PickleList, type PickleValue } from "./pickleValues.ts";
import { torchGlobals } from "./torchGlobals.ts";
import { persistentStorage, viewOf } from "./torchStorage.ts";
import type { StorageRef } from "./torchTensor.ts";

/** Where a storage of a legacy stream lies: 8 bytes with its number of elements, then the elements. */
export interface LegacyStorage {
  readonly key: string;
  readonly elements: number;
  /** Byte of the stream at which the 8 bytes are due. */
  readonly header: number;
}

/** The five pickles of torch's format from before 1.6, and what follows from them for the storages behind them. */
export interface LegacyStream {
  readonly root: PickleValue;
  readonly storages: readonly LegacyStorage[];
  /** Bytes of the whole stream. */
  readonly bytes: number;
}

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const HEADER_BYTES = 8;

const plain: PickleRules = {
  globals: new Map(),
  persistent: () => {
    throw new CheckpointError("The head of the torch file refers to something outside it: it is damaged.");
  },
};

/** Whether the bytes begin as a pickled long integer does, which only torch's legacy format has in front. */
export function looksLikeLegacy(first: Uint8Array): boolean {
  const FRAME = 0x95;
  const LONG1 = 0x8a;
  return first[0] === 0x80 && first[first[2] === FRAME ? 11 : 2] === LONG1;
}

/**
 * Reads the pickles at the beginning of `bytes`, which may end behind them.
 * @throws TruncatedPickle where more bytes may help, CheckpointError else
 */
export function readLegacyStream(bytes: Uint8Array): LegacyStream {
  const magic = readPickleAt(bytes, 0, plain);
  if (magic.value !== MAGIC) {
    const found = typeof magic.value === "bigint" ? `0x${magic.value.toString(16)}` : "none";
    throw new CheckpointError(
      `This is not a torch file: its magic number is ${found}, not 0x${MAGIC.toString(16)}. Download it again.`,
    );
  }
  const protocol = readPickleAt(bytes, magic.end, plain);
  if (protocol.value !== PROTOCOL) {
    throw new CheckpointError(
      `The torch file has protocol version ${shown(String(protocol.value))}; known is ${PROTOCOL}. Save it again with a current torch.`,
    );
  }
  const system = readPickleAt(bytes, protocol.end, plain);
  const whole = new Map<string, StorageRef>();
  const object = readPickleAt(bytes, system.end, {
    globals: torchGlobals,
    persistent: (id) => viewOf(sameStorage(whole, persistentStorage(id)), id),
  });
  const keys = readPickleAt(bytes, object.end, plain);
  return { root: object.value, ...layOut(keys.value, whole, keys.end) };
}

/** Throws CheckpointError unless the 8 bytes in front of a storage hold the number of elements that its pickle says. */
export function checkHeader({ key, elements }: LegacyStorage, header: Uint8Array): void {
  const found = new DataView(header.buffer, header.byteOffset, HEADER_BYTES).getBigUint64(0, true);
  if (found !== BigInt(elements)) {
    throw new CheckpointError(
      `The storage ${shown(key)} has ${found} elements by its header and ${elements} by the pickle: the file is damaged.`,
    );
  }
}

/** Byte of the stream at which the elements begin. */
export function firstElement({ header }: LegacyStorage): number {
  return header + HEADER_BYTES;
}

function sameStorage(known: Map<string, StorageRef>, storage: StorageRef): StorageRef {
  const first = known.get(storage.key) ?? storage;
  if (first.type !== storage.type || first.elements !== storage.elements) {
    throw new CheckpointError(
      `The storage ${shown(storage.key)} is said to hold ${first.elements} elements of ${first.type.what}, and ${storage.elements} of ${storage.type.what}.`,
    );
  }
  known.set(storage.key, first);
  return first;
}

function layOut(keys: PickleValue, whole: ReadonlyMap<string, StorageRef>, start: number) {
  if (!(keys instanceof PickleList)) throw new CheckpointError("The torch file has no list of its storages.");
  const storages: LegacyStorage[] = [];
  const listed = new Set<string>();
  let at = start;
  for (const key of keys.items) {
    const storage = typeof key === "string" ? whole.get(key) : undefined;
    if (storage === undefined || listed.has(storage.key)) {
      throw new CheckpointError(`The torch file lists the storage ${shown(String(key))}, which it does not use once.`);
    }
    listed.add(storage.key);
    storages.push({ key: storage.key, elements: storage.elements, header: at });
    at += HEADER_BYTES + storage.elements * storage.type.bytesPerElement;
    if (!Number.isSafeInteger(at)) throw new CheckpointError(`The storage ${shown(storage.key)} has no possible size.`);
  }
  const missing = [...whole.keys()].find((key) => !listed.has(key));
  if (missing !== undefined) throw new CheckpointError(`The storage ${shown(missing)} is missing from the file.`);
  return { storages, bytes: at };
}
