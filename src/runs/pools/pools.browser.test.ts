import { expect, it } from "vitest";
import { blobSource } from "../../checkpoints/byteSource.ts";
import { decodeJpeg } from "../../data/formats/jpeg.ts";
import { decodePng } from "../../data/formats/png.ts";
import { listTar } from "../../generators/imageSets/tarEntries.ts";
import { chunkEntry } from "./poolChunk.ts";
import { tarOfImages } from "./tarFile.ts";

it("a chunk becomes JPEG in a browser too", () => {
  const images = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, (_, p) => (p * 7) % 256);
  const { arrays } = chunkEntry("jpeg", { count: 2, height: 16, width: 16, images, labels: Int32Array.of(1, 2) });
  const sizes = arrays.sizes as Int32Array;
  const first = (arrays.jpeg as Uint8Array).subarray(0, sizes[0]);
  expect(decodeJpeg("x", first).picture).toMatchObject({ height: 16, width: 16 });
  expect(sizes.length).toBe(2);
});

it("a pool becomes an archive of PNG in a browser too", async () => {
  const images = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, (_, p) => (p * 7) % 256);
  const set = { count: 2, height: 16, width: 16, images, labels: Int32Array.of(1, 0) };
  const stream = {
    count: 2,
    height: 16,
    width: 16,
    classNames: ["a", "b"],
    async *chunks() {
      yield set;
    },
  };
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of tarOfImages(stream)) pieces.push(piece);
  const entries = await listTar({ name: "p.tar", source: blobSource(new Blob(pieces)) });
  expect(entries.map(({ name }) => name)).toEqual(["1-b/0000000.png", "0-a/0000001.png"]);
  const { source } = entries[1] as (typeof entries)[number];
  expect(decodePng("x", await source.read(0, source.size)).picture.pixels).toEqual(images.slice(768));
});
