import { afterAll, describe, it } from "vitest";
import type { TestGpu } from "../testGpu.ts";
import { openTestGpu } from "./dawn.ts";

const gpu = await openTestGpu();
afterAll(() => gpu?.close());

/** Tests that need a GPU, a software one as a rule; skipped where Dawn finds none. */
export function describeOnGpu(name: string, tests: (gpu: TestGpu) => void): void {
  describe(name, () => {
    if (gpu) tests(gpu);
    else it.skip("needs a GPU, and Dawn finds none here", () => {});
  });
}
