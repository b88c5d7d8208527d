import type { ByteSource } from "../../checkpoints/byteSource.ts";
import { checkRange } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { type Store, StoreError } from "../../storage/store.ts";
import { generatorKeys } from "./keys.ts";
import { Sha256 } from "./sha256.ts";

/** Bytes of one stored part: a tensor list is read from the first, a tensor from one or a few. */
const PART_BYTES = 4 * 1024 * 1024;
/** Parts of a file that are held while its tensors are read one after the other. */
const HELD_PARTS = 2;

/** SHA-256 of the files' bytes, in order; of one file, what `sha256sum` prints. */
export async function hashFiles(
  files: readonly NamedSource[],
  onProgress: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = new Sha256();
  let done = 0;
  for (const { source } of files) {
    for (let at = 0; at < source.size; at += PART_BYTES) {
      const piece = await source.read(at, Math.min(PART_BYTES, source.size - at));
      hash.add(piece);
      done += piece.length;
      onProgress(done);
    }
  }
  return hash.hex();
}

/** Writes the files' bytes under their hash. Parts that nothing lists yet: a record makes them a generator. */
export async function writeFiles(
  store: Store,
  hash: string,
  files: readonly NamedSource[],
  onProgress: (bytes: number) => void = () => {},
): Promise<void> {
  let done = 0;
  for (const [f, { source }] of files.entries()) {
    for (let part = 0; part * PART_BYTES < source.size; part++) {
      const offset = part * PART_BYTES;
      const bytes = await source.read(offset, Math.min(PART_BYTES, source.size - offset));
      await store.write([[generatorKeys.filePart(hash, f, part), { meta: null, arrays: { bytes } }]]);
      done += bytes.length;
      onProgress(done);
    }
  }
}

/** The kept files of a record, read part by part. */
export function keptSources(
  store: Store,
  {
    hash,
    files,
  }: { readonly hash: string; readonly files: readonly { readonly name: string; readonly bytes: number }[] },
): NamedSource[] {
  return files.map(({ name, bytes }, f) => ({ name, source: new KeptFile(store, hash, f, bytes) }));
}

class KeptFile implements ByteSource {
  private readonly held = new Map<number, Promise<Uint8Array>>();

  constructor(
    private readonly store: Store,
    private readonly hash: string,
    private readonly file: number,
    readonly size: number,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(offset, length, this.size);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = offset + done;
      const part = Math.floor(at / PART_BYTES);
      const from = at - part * PART_BYTES;
      const piece = (await this.part(part)).subarray(from, from + length - done);
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  private part(part: number): Promise<Uint8Array> {
    const known = this.held.get(part) ?? this.readPart(part);
    // Put behind the others: the one that was not used for longest is dropped first.
    this.held.delete(part);
    this.held.set(part, known);
    known.catch(() => this.held.delete(part));
    for (const oldest of this.held.keys()) {
      if (this.held.size <= HELD_PARTS) break;
      this.held.delete(oldest);
    }
    return known;
  }

  private async readPart(part: number): Promise<Uint8Array> {
    const key = generatorKeys.filePart(this.hash, this.file, part);
    const bytes = (await this.store.read(key))?.arrays.bytes;
    const expected = Math.min(PART_BYTES, this.size - part * PART_BYTES);
    if (!(bytes instanceof Uint8Array) || bytes.length !== expected) {
      throw new StoreError(
        "corrupt",
        `Part ${part} of a kept generator is damaged or gone. Delete it and drop its file again.`,
      );
    }
    return bytes;
  }
}
