import { imageBytes } from "../../data/imageSet.ts";
import { fitSquare, type Picture, resizeBilinear } from "../../data/resize.ts";
import type { Store } from "../../storage/store.ts";
import { generatorKeys } from "../uploaded/keys.ts";
import type { ImageFiles } from "./imageSource.ts";

/** Images of one stored chunk: as many as a pool's, so that reading a pool in order reads each chunk once. */
export const SET_CHUNK_IMAGES = 1024;

/** Writes the images at the benchmark's size, chunk by chunk, and their labels. Nothing lists them yet. */
export async function writeImages(
  store: Store,
  id: string,
  files: ImageFiles,
  size: { readonly height: number; readonly width: number },
  onProgress: (images: number) => void = () => {},
): Promise<void> {
  const bytes = imageBytes(size);
  const flush = async (first: number, count: number): Promise<void> => {
    const images = chunk.slice(0, count * bytes);
    await store.write([
      [generatorKeys.imageChunk(id, first / SET_CHUNK_IMAGES), { meta: { count }, arrays: { images } }],
    ]);
    onProgress(first + count);
  };
  const chunk = new Uint8Array(SET_CHUNK_IMAGES * bytes);
  let done = 0;
  for await (const picture of files.pictures()) {
    chunk.set(fitted(picture, size), (done % SET_CHUNK_IMAGES) * bytes);
    done++;
    if (done % SET_CHUNK_IMAGES === 0) await flush(done - SET_CHUNK_IMAGES, SET_CHUNK_IMAGES);
  }
  const left = done % SET_CHUNK_IMAGES;
  if (left > 0) await flush(done - left, left);
  const labels = files.labels ?? new Int32Array(files.count).fill(-1);
  await store.write([[generatorKeys.imageLabels(id), { meta: null, arrays: { labels } }]]);
}

function fitted(picture: Picture, { height, width }: { readonly height: number; readonly width: number }): Uint8Array {
  if (picture.height === height && picture.width === width) return picture.pixels;
  if (height === width) return fitSquare(picture, height).pixels;
  return resizeBilinear(picture, height, width).pixels;
}
