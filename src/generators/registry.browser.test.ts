import { expect, it } from "vitest";
import { GOLDEN_HASHES, hashGenerators } from "./fixtures/hashes.ts";

it("makes the same images in the browser as in Node", async () => {
  expect(await hashGenerators()).toEqual(GOLDEN_HASHES);
});
