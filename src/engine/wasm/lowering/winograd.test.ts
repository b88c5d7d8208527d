import { expect, it } from "vitest";
import { resnet18Trunk } from "../../../networks/resnet.ts";
import { TRUNKS } from "../testing/trunks.ts";
import { lowerTrunk } from "./lowerTrunk.ts";
import type { KernelName } from "./program.ts";

/** Kernels of a trunk's training step, with the kind of work that they are. */
function work(trunk: (typeof TRUNKS)[number]["trunk"], maxBatch: number): Set<string> {
  const { forward, backward } = lowerTrunk(trunk, maxBatch, 2).programs;
  const sections = [...forward, ...backward].flat();
  return new Set(
    sections.flatMap((section) => {
      const calls = section.work === "split" ? [section.call] : section.calls;
      return calls.map(({ kernel }) => `${section.work} ${kernel}`);
    }),
  );
}

it("is held to the oracle in each of its forms", () => {
  const all = new Set(TRUNKS.flatMap(({ trunk, n }) => [...work(trunk, n + 1)]));
  const forms: [string, KernelName][] = [
    ["chunks", "winogradConvolve"],
    ["images", "winogradConvolve"],
    ["chunks", "winogradFilterGradient"],
    ["split", "sumPartials"],
    ["chunks", "winogradGradientTiles"],
    ["split", "winogradGradientProducts"],
  ];
  for (const [kind, kernel] of forms) expect(all).toContain(`${kind} ${kernel}`);
});

it("leaves images, strides and maps smaller than half a tile to the direct kernels", () => {
  const programs = lowerTrunk(resnet18Trunk(8, 16), 8, 1).programs;
  const calls = programs.forward.flat().flatMap((section) => (section.work === "split" ? [] : section.calls));
  const count = (kernel: KernelName) => calls.filter((call) => call.kernel === kernel).length;
  // Maps of 16, 8 and 4 pixels: 4 + 3 + 3 convolutions; direct: the stem, three strides, three projections, and
  // three on 2 × 2.
  expect(count("winogradConvolve")).toBe(10);
  expect(count("convolve")).toBe(10);
});
