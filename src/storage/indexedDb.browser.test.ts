import { deleteDB, openDB, wrap } from "idb";
import { afterEach, describe, expect, it } from "vitest";
import { IndexedDbStore, openIndexedDbStore } from "./indexedDb.ts";
import { StoreError } from "./store.ts";
import { storeContract } from "./storeContract.ts";

const NAME = "store-test";
let opened: IndexedDbStore[] = [];

async function open(again = false): Promise<IndexedDbStore> {
  for (const store of opened) store.close();
  opened = [];
  if (!again) await deleteDB(NAME);
  const store = await openIndexedDbStore(NAME);
  opened.push(store);
  return store;
}

afterEach(async () => {
  for (const store of opened) store.close();
  opened = [];
  await deleteDB(NAME);
});

storeContract(open);

describe("IndexedDbStore", () => {
  it("leaves a database of a newer schema untouched", async () => {
    const newer = await openDB(NAME, 99, { upgrade: (db) => void db.createObjectStore("future").put(42, "answer") });
    newer.close();
    await expect(openIndexedDbStore(NAME)).rejects.toMatchObject({ code: "newer-schema" });
    const still = await openDB(NAME);
    expect([still.version, await still.get("future", "answer")]).toEqual([99, 42]);
    still.close();
  });

  it("makes way for a newer version of the app, then says so", async () => {
    const store = await open();
    const newer = await openDB(NAME, 2);
    newer.close();
    await expect(store.read("a")).rejects.toMatchObject({ code: "io", message: expect.stringMatching(/reload/) });
  });

  it("names a damaged record", async () => {
    const store = await open();
    const raw = await openDB(NAME);
    await raw.put("meta", { n: 1 }, "runs/7");
    raw.close();
    await expect(store.read("runs/7")).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(/runs\/7/),
    });
  });

  it("keeps only the bytes of a view, not the buffer behind it", async () => {
    const store = await open();
    const view = new Uint8Array(1_000_000).subarray(0, 3);
    await store.write([["v", { meta: 0, arrays: { view } }]]);
    expect((await store.read("v"))?.arrays.view?.buffer.byteLength).toBe(3);
  });

  it("reports a full disk with the numbers, and changes nothing", async () => {
    const buckets = (navigator as unknown as { storageBuckets: StorageBuckets }).storageBuckets;
    const bucket = await buckets.open("small", { quota: 4_000_000 });
    try {
      const request = bucket.indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("meta");
        request.result.createObjectStore("arrays");
      };
      const store = new IndexedDbStore((await wrap(request)) as ConstructorParameters<typeof IndexedDbStore>[0]);
      opened.push(store);
      await store.write([["kept", { meta: 1, arrays: {} }]]);
      // Noise, or the browser would compress it below the quota.
      const big = new Uint8Array(16_000_000);
      for (let i = 0; i < big.length; i += 50_000) crypto.getRandomValues(big.subarray(i, i + 50_000));
      const failed = await store
        .write([
          ["kept", { meta: 2, arrays: {} }],
          ["big", { meta: 0, arrays: { big } }],
        ])
        .catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(StoreError);
      expect(failed).toMatchObject({ code: "quota", message: expect.stringMatching(/16\.0 MB.* MB of .* MB/) });
      expect(await store.readMeta("kept")).toBe(1);
      expect(await store.keys("")).toEqual(["kept"]);
      store.close();
    } finally {
      // Deleting the bucket alone would cut off transactions that are still finishing.
      await new Promise((done) => {
        bucket.indexedDB.deleteDatabase(NAME).onsuccess = done;
      });
      await buckets.delete("small");
    }
  });
});

/** The Storage Buckets API (wicg.github.io/storage-buckets): the one way to a small quota of one's own. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}
