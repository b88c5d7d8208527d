import { CheckpointError, shown } from "./checkpointError.ts";
import { PickleBytes, PickleFunction, PickleObject, PickleTuple, type PickleValue } from "./pickleValues.ts";

const readers: ReadonlyMap<string, (view: DataView) => number | bigint | boolean> = new Map(
  Object.entries({
    f8: (view: DataView) => view.getFloat64(0, true),
    f4: (view: DataView) => view.getFloat32(0, true),
    i8: (view: DataView) => exact(view.getBigInt64(0, true)),
    i4: (view: DataView) => view.getInt32(0, true),
    i2: (view: DataView) => view.getInt16(0, true),
    i1: (view: DataView) => view.getInt8(0),
    u8: (view: DataView) => exact(view.getBigUint64(0, true)),
    u4: (view: DataView) => view.getUint32(0, true),
    u2: (view: DataView) => view.getUint16(0, true),
    u1: (view: DataView) => view.getUint8(0),
    b1: (view: DataView) => view.getUint8(0) !== 0,
  }),
);

function exact(value: bigint): number | bigint {
  return BigInt(Number(value)) === value ? Number(value) : value;
}

/** numpy.dtype(code, align, copy) of a number; its state tells the byte order. */
class NumpyDtype extends PickleObject {
  readonly what = "a numpy.dtype";
  constructor(readonly code: string) {
    super();
  }

  override setState(state: PickleValue): void {
    const order = state instanceof PickleTuple ? state.items[1] : undefined;
    if (order !== "<" && order !== "|") {
      throw new CheckpointError(`A numpy number has the byte order ${shown(String(order))}; only "<" is read.`);
    }
  }
}

function dtype([code]: readonly PickleValue[]): NumpyDtype {
  if (typeof code !== "string" || !readers.has(code)) {
    throw new CheckpointError(`A numpy.dtype of ${shown(String(code))} is no plain number: refused.`);
  }
  return new NumpyDtype(code);
}

function scalar([type, bytes]: readonly PickleValue[]): PickleValue {
  const read = type instanceof NumpyDtype ? readers.get(type.code) : undefined;
  if (!(type instanceof NumpyDtype) || read === undefined || !(bytes instanceof PickleBytes)) {
    throw new CheckpointError("A numpy number is made of something other than a numeric dtype and bytes.");
  }
  if (bytes.length !== Number(type.code.slice(1))) {
    throw new CheckpointError(`A numpy ${type.code} has ${bytes.length} bytes.`);
  }
  return read(new DataView(bytes.head.buffer));
}

/** Protocol 2 has no bytes: Python writes them as text and the call that makes bytes of it. */
function encode([text, encoding]: readonly PickleValue[]): PickleBytes {
  if (typeof text !== "string" || encoding !== "latin1" || /[^\0-\xff]/.test(text)) {
    throw new CheckpointError("_codecs.encode is allowed for latin1 text only.");
  }
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return new PickleBytes(bytes.length, bytes, null);
}

/** Numbers of numpy: gains of StyleGAN's layers, the best FID of a training run. */
export const numpyGlobals: readonly PickleFunction[] = [
  new PickleFunction("numpy.dtype", dtype),
  new PickleFunction("numpy.core.multiarray.scalar", scalar),
  new PickleFunction("numpy._core.multiarray.scalar", scalar),
  new PickleFunction("_codecs.encode", encode),
];
