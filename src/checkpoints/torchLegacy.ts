import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./checkpointError.ts";
import { checkHeader, firstElement, type LegacyStorage, type LegacyStream, readLegacyStream } from "./legacyStream.ts";
import { TruncatedPickle } from "./pickleReader.ts";
import { plainArchive, type TorchArchive } from "./torchArchive.ts";

/** How much is read at first: the pickles of a generator have some ten kilobytes. */
const FIRST_BYTES = 2 ** 18;
const MAX_PICKLE_BYTES = 2 ** 28;
const HEADERS_AT_ONCE = 64;

/** Opens a file that torch.save wrote before torch 1.6. The storages are located, not read. Throws CheckpointError. */
export async function openTorchLegacy(source: ByteSource): Promise<TorchArchive> {
  const { root, storages, bytes } = await readHead(source);
  if (bytes > source.size) {
    throw new CheckpointError(
      `The file is truncated: its storages end at byte ${bytes}, it has ${source.size} bytes. Download it again.`,
    );
  }
  const check = async (storage: LegacyStorage) => checkHeader(storage, await source.read(storage.header, 8));
  for (let k = 0; k < storages.length; k += HEADERS_AT_ONCE) {
    await Promise.all(storages.slice(k, k + HEADERS_AT_ONCE).map(check));
  }
  return plainArchive(root, source, new Map(storages.map((storage) => [storage.key, firstElement(storage)])));
}

/** Nothing says how long the pickles are: what is read doubles until they are whole. */
async function readHead(source: ByteSource): Promise<LegacyStream> {
  const most = Math.min(source.size, MAX_PICKLE_BYTES);
  for (let bytes = Math.min(FIRST_BYTES, most); ; bytes = Math.min(2 * bytes, most)) {
    try {
      return readLegacyStream(await source.read(0, bytes));
    } catch (error) {
      if (!(error instanceof TruncatedPickle) || bytes === most) throw error;
    }
  }
}
