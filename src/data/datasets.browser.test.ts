import { deleteDB } from "idb";
import { afterEach } from "vitest";
import { type IndexedDbStore, openIndexedDbStore } from "../storage/indexedDb.ts";
import { importContract } from "./datasetsContract.ts";

const NAME = "datasets-test";
let store: IndexedDbStore | undefined;

afterEach(async () => {
  store?.close();
  await deleteDB(NAME);
});

importContract(async () => {
  store = await openIndexedDbStore(NAME);
  return store;
});
