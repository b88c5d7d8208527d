import type { ByteSource } from "./byteSource.ts";
import type { SafetensorsArray } from "./elements.ts";
import type { PickleValue } from "./pickleValues.ts";
import { gather, spanOf, type TensorRef } from "./torchTensor.ts";

/** A pickle of torch as data, and its tensors on request. */
export interface TorchArchive {
  readonly root: PickleValue;
  /** Reads a tensor of the pickle out of the file. Rejects with CheckpointError. */
  read(tensor: TensorRef): Promise<SafetensorsArray>;
  /** Sentences on what was read although it is not as it should be; grows with the tensors that are read. */
  readonly warnings: string[];
}

/** An archive whose storages lie in the file as they are. @param locations byte of each storage's first element, by key */
export function plainArchive(
  root: PickleValue,
  source: ByteSource,
  locations: ReadonlyMap<string, number>,
): TorchArchive {
  const read = async (tensor: TensorRef): Promise<SafetensorsArray> => {
    const { begin, bytes } = spanOf(tensor);
    const start = (locations.get(tensor.storage.key) as number) + begin;
    return gather(tensor, await source.read(start, bytes));
  };
  return { root, read, warnings: [] };
}
