import { describe, expect, it } from "vitest";
import { resnet18Trunk } from "../../../networks/resnet.ts";
import { lowerTrunk, type ProgramName } from "./lowerTrunk.ts";

describe("a lowered ResNet-18", () => {
  const plan = lowerTrunk(resnet18Trunk(8, 32), 4, 2);

  it("has one barrier per batch norm or two that go together, and none in evaluation", () => {
    const barriers = (name: ProgramName) => plan.programs[name].length - 1;
    // 20 norms; each projection shares the barrier of the convolution beside it.
    expect(barriers("forward")).toBe(17);
    expect(barriers("backward")).toBe(19);
    expect(barriers("evaluate")).toBe(0);
    expect(barriers("fold")).toBe(1);
  });

  it("is data that can be posted to a thread", () => {
    expect(JSON.parse(JSON.stringify(plan.programs))).toEqual(plan.programs);
  });

  it.each([
    { width: 8, megabytes: 100 },
    { width: 16, megabytes: 210 },
    { width: 64, megabytes: 1000 },
  ])("fits width $width and batch 128 into $megabytes MB", ({ width, megabytes }) => {
    expect(lowerTrunk(resnet18Trunk(width, 32), 128, 2).bytes).toBeLessThan(megabytes * 1e6);
  });

  it("says what to do when the arena would not fit", () => {
    expect(() => lowerTrunk(resnet18Trunk(64, 32), 1024, 2)).toThrow(/32×32 pixels in batches of 1024 needs .* GiB/);
    expect(() => lowerTrunk(resnet18Trunk(8, 32), 0, 2)).toThrow(/positive integer, not 0/);
  });
});
