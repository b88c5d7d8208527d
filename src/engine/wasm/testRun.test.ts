import { expect, it } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import { createNodeWasmEngine } from "./node/engine.ts";
import { EXPECTED_TEST_LOSSES, testLosses } from "./testRun.ts";

it.each([1, 2])("the test run has its known losses in Node, %i threads", async (threads) => {
  const engine = await createNodeWasmEngine({ threads, reproducible: true }, "");
  expect(await testLosses(engine, crossEntropy)).toEqual(EXPECTED_TEST_LOSSES);
  engine.dispose();
});
