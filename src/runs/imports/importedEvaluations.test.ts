import { expect, it } from "vitest";
import { MemoryStore } from "../../storage/memory.ts";
import { keys } from "../keys.ts";
import { deleteAbandoned, importId } from "./importedEvaluations.ts";

it("what a cut-off import left is deleted once nobody can be at work on it", async () => {
  const store = new MemoryStore();
  const entry = { meta: null, arrays: {} };
  const old = importId("2026-01-01T00:00:00.000Z", "aa");
  const young = importId("2026-01-02T23:00:00.000Z", "bb");
  const finished = importId("2026-01-01T00:00:00.000Z", "cc");
  await store.write([
    [keys.importedScores(old), entry],
    [keys.importedScores(young), entry],
    [keys.importedScores(finished), entry],
    [keys.imported(finished), entry],
  ]);
  await deleteAbandoned(store, Date.parse("2026-01-03T00:00:00.000Z"));
  expect(await store.keys("")).toEqual(
    [keys.importedScores(young), keys.importedScores(finished), keys.imported(finished)].sort(),
  );
});
