import { expect, it } from "vitest";
import { architecture } from "../../../../networks/architecture.ts";
import { trainingCosts } from "./costs.ts";

/** WebGPU's guaranteed limits. */
const limits = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 };

it("counts what a ResNet-18 step at width 64 and batch 128 has to do", () => {
  const costs = trainingCosts(
    architecture({ architecture: "resnet18", width: 64, classes: 10, imageSize: 32 }),
    128,
    limits,
  );
  const flops = (kind: string) =>
    costs.filter(({ kernel }) => kernel.startsWith(kind)).reduce((sum, cost) => sum + cost.flops, 0);
  // 0.5554 G multiply-adds per image in the layers; the stem's fourth input lane, always zero, is computed too.
  const macs = 128 * (555_417_600 + 1024 * 9 * 64);
  expect(flops("convolve")).toBe(2 * macs);
  expect(flops("weight gradient")).toBe(2 * macs);
  expect(flops("input gradient")).toBe(2 * (macs - 128 * 1024 * 9 * 4 * 64));
  const bytes = costs.reduce((sum, cost) => sum + cost.bytes, 0);
  const kinds = new Map<string, { count: number; flops: number; bytes: number }>();
  for (const { kernel, flops, bytes } of costs) {
    const kind = kernel.replace(/[ ,]*[\d(].*/, "");
    const sum = kinds.get(kind) ?? { count: 0, flops: 0, bytes: 0 };
    kinds.set(kind, { count: sum.count + 1, flops: sum.flops + flops, bytes: sum.bytes + bytes });
  }
  console.info(`${costs.length} dispatches, ${(bytes / 1e9).toFixed(2)} GB`);
  console.table(
    Object.fromEntries(
      [...kinds].map(([kind, { count, flops, bytes }]) => [
        kind,
        { count, GFLOP: flops / 1e9, MB: bytes / 1e6, "FLOP/byte": flops / bytes },
      ]),
    ),
  );
  // Stock tfjs moves about 22 GB for batch norm alone.
  expect(bytes).toBeLessThan(7e9);
  expect(costs.length).toBeLessThan(200);
});
