import { expect, it } from "vitest";
import { GOLDEN_HASHES, hashEverySet } from "./fixtures/hashes.ts";

it("gives the same bytes in the browser as in Node", async () => {
  expect(await hashEverySet()).toEqual(GOLDEN_HASHES);
});
