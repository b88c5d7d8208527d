import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./checkpointError.ts";
import { checkHeader, firstElement, type LegacyStream, readLegacyStream } from "./legacyStream.ts";
import { readPickleFile } from "./pickle.ts";
import { TruncatedPickle } from "./pickleReader.ts";
import type { PickleBytes } from "./pickleValues.ts";
import { plainArchive, type TorchArchive } from "./torchArchive.ts";
import { withStreams } from "./torchGlobals.ts";
import { StorageRef } from "./torchTensor.ts";

/**
 * Opens a bare pickle, as stylegan2-ada-pytorch writes, without reading its storages: each is a legacy stream of torch
 * within the pickle, of which only the beginning is looked at. Throws CheckpointError.
 */
export async function openStyleganPickle(source: ByteSource): Promise<TorchArchive> {
  const locations = new Map<string, number>();
  const root = await readPickleFile(source, {
    globals: withStreams((stream) => storageIn(stream, locations)),
    persistent: () => {
      throw new CheckpointError("The pickle refers to something outside it, which no bare pickle can.");
    },
  });
  return plainArchive(root, source, locations);
}

function storageIn({ head, length, offset }: PickleBytes, locations: Map<string, number>): StorageRef {
  if (offset === null) {
    throw new CheckpointError("Its tensors are pickled as text (protocol 2). Pickle it again with protocol 3 or 4.");
  }
  const { root, storages, bytes } = readHead(head);
  const [first, ...others] = storages;
  if (!(root instanceof StorageRef) || first === undefined || others.length > 0) {
    throw new CheckpointError("A stream inside the pickle holds something other than one storage.");
  }
  if (bytes > length || firstElement(first) > head.length) {
    throw new CheckpointError(
      `A storage inside the pickle is truncated: it needs ${bytes} bytes, there are ${length}.`,
    );
  }
  checkHeader(first, head.subarray(first.header));
  const at = offset + firstElement(first);
  locations.set(String(at), at);
  return new StorageRef(root.type, String(at), root.elements, root.start);
}

/** To whoever reads the outer pickle, a truncated one would mean that itself needs more bytes. */
function readHead(head: Uint8Array): LegacyStream {
  try {
    return readLegacyStream(head);
  } catch (cause) {
    if (!(cause instanceof TruncatedPickle)) throw cause;
    throw new CheckpointError(`In a storage inside the pickle: ${cause.message}`, { cause });
  }
}
