import { CheckpointError } from "./checkpointError.ts";
import { decodeElements, type SafetensorsArray } from "./elements.ts";
import { PickleObject, PickleTuple, type PickleValue } from "./pickleValues.ts";
import type { SafetensorsDtype } from "./safetensorsHeader.ts";

/** A torch.*Storage class: what the elements are. */
export class StorageType extends PickleObject {
  constructor(
    readonly what: string,
    readonly dtype: SafetensorsDtype,
    readonly bytesPerElement: number,
  ) {
    super();
  }
}

/** Memory that tensors are views of, as the pickle names it; or, in old files, a part of it. */
export class StorageRef extends PickleObject {
  readonly what = "a torch storage";
  constructor(
    readonly type: StorageType,
    readonly key: string,
    /** Elements, as the pickle says; checked against the bytes that are there. */
    readonly elements: number,
    /** Its first element in the storage of that key. */
    readonly start = 0,
  ) {
    super();
  }
}

/** A view of a storage. */
export class TensorRef extends PickleObject {
  readonly what = "a torch tensor";
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Expanded views (stride 0) may be larger than their storage, up to this. */
const MAX_EXPANDED = 2 ** 24;

/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …). Throws CheckpointError where it is no view. */
export function rebuildTensor(args: readonly PickleValue[]): TensorRef {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof StorageRef))
    throw new CheckpointError("A tensor is rebuilt from something that is no storage.");
  const shape = counts(size, "size");
  const strides = counts(stride, "stride");
  if (!isCount(offset)) throw new CheckpointError(`A tensor's offset into its storage is ${String(offset)}.`);
  if (shape.length !== strides.length) {
    throw new CheckpointError(`A tensor of size [${shape.join(", ")}] has the strides [${strides.join(", ")}].`);
  }
  const elements = shape.reduce((product, extent) => product * extent, 1);
  let last = offset;
  for (let k = 0; k < shape.length; k++) last += ((shape[k] as number) - 1) * (strides[k] as number);
  if (elements > 0 && last >= storage.elements) {
    throw new CheckpointError(
      `A tensor of size [${shape.join(", ")}] and strides [${strides.join(", ")}] is out of range: it ends at element ` +
        `${last} of a storage of ${storage.elements}.`,
    );
  }
  if (elements > Math.max(MAX_EXPANDED, storage.elements)) {
    throw new CheckpointError(
      `A tensor of size [${shape.join(", ")}] is too large for a storage of ${storage.elements}.`,
    );
  }
  return new TensorRef(storage, offset, shape, strides);
}

/** The bytes of its storage, counted from the start of it, that a tensor lies in. */
export function spanOf({ storage, offset, shape, strides }: TensorRef): { begin: number; bytes: number } {
  const size = storage.type.bytesPerElement;
  const begin = (storage.start + offset) * size;
  if (shape.includes(0)) return { begin, bytes: 0 };
  const last = shape.reduce((sum, extent, k) => sum + (extent - 1) * (strides[k] as number), 0);
  return { begin, bytes: (last + 1) * size };
}

/**
 * The tensor's elements in row-major order, half precision widened to float32.
 *
 * @param span exactly the bytes of `spanOf(tensor)`, in a buffer of their own, which the result may keep
 */
export function gather({ storage, shape, strides }: TensorRef, span: Uint8Array<ArrayBuffer>): SafetensorsArray {
  const { dtype, bytesPerElement: size } = storage.type;
  if (isContiguous(shape, strides)) return decodeElements(dtype, span.buffer);
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const rows = new Uint8Array(elements * size);
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let n = 0; n < elements; n++) {
    for (let b = 0; b < size; b++) rows[n * size + b] = span[at * size + b] as number;
    for (let k = shape.length - 1; k >= 0; k--) {
      at += strides[k] as number;
      index[k] = (index[k] as number) + 1;
      if ((index[k] as number) < (shape[k] as number)) break;
      at -= (shape[k] as number) * (strides[k] as number);
      index[k] = 0;
    }
  }
  return decodeElements(dtype, rows.buffer);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] !== 1 && strides[k] !== expected) return false;
    expected *= shape[k] as number;
  }
  return true;
}

function counts(value: PickleValue | undefined, what: string): number[] {
  if (!(value instanceof PickleTuple) || !value.items.every(isCount)) {
    throw new CheckpointError(`A tensor's ${what} is not a tuple of numbers from 0 on.`);
  }
  return [...value.items] as number[];
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
