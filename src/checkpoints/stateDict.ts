import type { ByteSource } from "./byteSource.ts";
import { openFile } from "./openFile.ts";
import type { StateDictFile } from "./storedTensor.ts";

export type { StateDictFile, StoredTensor } from "./storedTensor.ts";

/** Opens the state_dict of one file, whatever container it is in. Throws CheckpointError or SafetensorsError. */
export function openStateDict(source: ByteSource): Promise<StateDictFile> {
  return openFile({ name: "", source });
}
