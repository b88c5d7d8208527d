import { CheckpointError, shown } from "./checkpointError.ts";
import { PickleTuple, type PickleValue } from "./pickleValues.ts";
import { StorageRef, StorageType } from "./torchTensor.ts";

/**
 * The storage that a persistent id of torch.save names: ('storage', type, key, location, elements). The location is the
 * device where the tensors were, and does not matter here. Throws CheckpointError.
 */
export function persistentStorage(id: PickleValue): StorageRef {
  const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") {
    throw new CheckpointError("The pickle refers to something outside it that is no storage of a known type.");
  }
  if (!/^\w+$/.test(key)) throw new CheckpointError(`"${shown(key)}" is no key of a storage.`);
  if (!isCount(elements)) {
    throw new CheckpointError(`The storage ${shown(key)} declares ${shown(String(elements))} elements.`);
  }
  return new StorageRef(type, key, elements);
}

/**
 * The part of a storage that the sixth item of an old file's persistent id names: (key, first element, elements), or
 * None for all of it.
 */
export function viewOf(storage: StorageRef, id: PickleValue): StorageRef {
  const view = id instanceof PickleTuple ? id.items[5] : undefined;
  if (view === undefined || view === null) return storage;
  const [, first, elements] = view instanceof PickleTuple ? view.items : [];
  if (!isCount(first) || !isCount(elements) || first + elements > storage.elements) {
    throw new CheckpointError(
      `A part of the storage ${shown(storage.key)} begins at ${String(first)} and has ${String(elements)} elements; the storage has ${storage.elements}.`,
    );
  }
  return new StorageRef(storage.type, storage.key, elements, first);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
