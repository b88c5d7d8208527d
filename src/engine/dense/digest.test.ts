import { expect, test } from "vitest";
import { openNodeDenseKernels } from "./node/open.ts";
import { digest } from "./testing/digest.ts";
import { EXPECTED_DIGEST } from "./testing/expectedDigest.ts";

test.each([1, 2, 5])("plain SIMD gives the recorded bits on %i threads", async (threads) => {
  const kernels = await openNodeDenseKernels({ reproducible: true, threads });
  expect(await digest(kernels)).toBe(EXPECTED_DIGEST);
  kernels.dispose();
});
