import { afterAll, expect, it } from "vitest";
import { blobSource } from "../../checkpoints/byteSource.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { npyHeader } from "../../runs/pools/npzFile.ts";
import { openIndexedDbStore } from "../../storage/indexedDb.ts";
import { createGenerator } from "../registry.ts";
import { bareContext } from "../testing/context.ts";
import { keepGenerator } from "../uploaded/keep.ts";

const NAME = "image-sets-test";
afterAll(() => indexedDB.deleteDatabase(NAME));

it("images dropped as Blobs are kept in the browser's database and come back as they were", async () => {
  const { info, ...rest } = shapesBenchmark({ train: 20 });
  const store = await openIndexedDbStore(NAME);
  const count = 2100;
  const pixels = new Uint8Array(count * 3072);
  for (let i = 0; i < count; i++) pixels.fill(i % 256, i * 3072, (i + 1) * 3072);
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 10));
  const files = [
    { name: "images.npy", source: blobSource(new Blob([npyHeader("|u1", [count, 32, 32, 3]), pixels])) },
    { name: "labels.npy", source: blobSource(new Blob([npyHeader("<i8", [count]), labels])) },
  ];
  const options = {
    title: "Dropped",
    benchmark: info.id,
    settings: {},
    labels: "balanced",
    classMap: null,
    labeller: null,
    provenance: "unknown",
  } as const;
  const record = await keepGenerator({ store, files, benchmark: info, labellerHash: null, options });
  expect(record.hash).toBe(await digest(files.map(({ source }) => source)));
  const made = await (await createGenerator(record.id, { info, ...rest }, bareContext(store))).sample(0, 1000, 1100);
  expect(made.labels.slice(0, 11)).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0));
  expect([made.images[0], made.images[1099 * 3072]]).toEqual([1000 % 256, 2099 % 256]);
  store.close();
});

/** By the browser's own SHA-256. */
async function digest(sources: readonly ReturnType<typeof blobSource>[]): Promise<string> {
  const parts = await Promise.all(sources.map((source) => source.read(0, source.size)));
  const bytes = await new Blob(parts).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
