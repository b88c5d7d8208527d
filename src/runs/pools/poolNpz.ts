import { imageBytes } from "../../data/imageSet.ts";
import { WorkbenchError } from "../../study/errors.ts";
import { NPZ_BYTES, npyHeader, npzFile } from "./npzFile.ts";
import type { PoolImageStream } from "./poolStream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An .npz with `images` and `labels`. @throws WorkbenchError "npz-too-large" */
export function npzOfImages(stream: PoolImageStream): AsyncGenerator<Bytes> {
  const total = stream.count * imageBytes(stream);
  if (total > NPZ_BYTES) {
    throw new WorkbenchError(
      "npz-too-large",
      `The pool has ${Math.ceil(total / 1e6)} MB of pixels, an .npz holds 4,294 MB. Export it as .tar.`,
    );
  }
  const { count, height, width } = stream;
  const labels = new BigInt64Array(count);
  let done = 0;

  async function* images(): AsyncGenerator<Bytes> {
    yield npyHeader("|u1", [count, height, width, 3]);
    for await (const chunk of stream.chunks()) {
      chunk.labels.forEach((label, k) => {
        labels[done + k] = BigInt(label);
      });
      done += chunk.count;
      yield new Uint8Array(chunk.images);
    }
  }
  async function* labelBytes(): AsyncGenerator<Bytes> {
    yield npyHeader("<i8", [count]);
    yield new Uint8Array(labels.buffer);
  }

  return npzFile([
    ["images", images()],
    ["labels", labelBytes()],
  ]);
}
