import { expect, test } from "vitest";
import { openBrowserDenseKernels } from "./browser.ts";
import { digest } from "./testing/digest.ts";
import { EXPECTED_DIGEST } from "./testing/expectedDigest.ts";

test.each([1, 2])("plain SIMD gives Node's bits in a browser, on %i threads", async (threads) => {
  const kernels = await openBrowserDenseKernels({ reproducible: true, threads });
  expect([kernels.variant, kernels.threads]).toEqual(["simd", threads]);
  expect(await digest(kernels)).toBe(EXPECTED_DIGEST);
  kernels.dispose();
});

test("relaxed SIMD where it is not forbidden, with as many threads as there are cores", async () => {
  const kernels = await openBrowserDenseKernels({ reproducible: false, threads: 0 });
  expect(kernels.variant).toBe("relaxed");
  expect(kernels.threads).toBe(Math.min(navigator.hardwareConcurrency, 8));
  expect(await kernels.rowMaxima(Float32Array.of(1, 5, 3, 2), 2)).toEqual(Float32Array.of(5, 3));
  kernels.dispose();
});
