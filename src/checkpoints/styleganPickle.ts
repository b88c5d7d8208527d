import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./checkpointError.ts";
import { checkHeader, firstElement, readLegacyStream } from "./legacyStream.ts";
import { readPickle } from "./pickle.ts";
import { plainArchive, type TorchArchive } from "./torchArchive.ts";
import { withStreams } from "./torchGlobals.ts";
import { StorageRef } from "./torchTensor.ts";

/** The largest that NVIDIA published have 400 MB. */
const MAX_BYTES = 2 ** 30;

/**
 * Opens a bare pickle, as stylegan2-ada-pytorch writes. It is read whole once, to find where in it the storages lie;
 * afterwards none of it is kept. Throws CheckpointError.
 */
export async function openStyleganPickle(source: ByteSource): Promise<TorchArchive> {
  if (source.size > MAX_BYTES) {
    throw new CheckpointError(
      `A bare pickle of ${source.size} bytes: at most ${MAX_BYTES} are read. Save its state_dict as safetensors.`,
    );
  }
  const bytes = await source.read(0, source.size);
  const locations = new Map<string, number>();
  const root = readPickle(bytes, {
    globals: withStreams((stream) => {
      if (stream.buffer !== bytes.buffer) {
        throw new CheckpointError(
          "Its tensors are pickled as text (protocol 2). Pickle it again with protocol 3 or 4.",
        );
      }
      return storageIn(stream, locations);
    }),
    persistent: () => {
      throw new CheckpointError("The pickle refers to something outside it, which no bare pickle can.");
    },
  });
  return plainArchive(root, source, locations);
}

/** The storage of one legacy stream; `stream` is a view of the file's bytes, and so tells where in it the storage lies. */
function storageIn(stream: Uint8Array, locations: Map<string, number>): StorageRef {
  const { root, storages, bytes } = readLegacyStream(stream);
  const [first, ...others] = storages;
  if (!(root instanceof StorageRef) || first === undefined || others.length > 0) {
    throw new CheckpointError("A stream inside the pickle holds something other than one storage.");
  }
  if (bytes > stream.length) {
    throw new CheckpointError(
      `A storage inside the pickle is truncated: it needs ${bytes} bytes, ${stream.length} are left.`,
    );
  }
  checkHeader(first, stream.subarray(first.header));
  const at = stream.byteOffset + firstElement(first);
  locations.set(String(at), at);
  return new StorageRef(root.type, String(at), root.elements, root.start);
}
