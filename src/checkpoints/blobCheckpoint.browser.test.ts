import { describe, expect, it } from "vitest";
import { blobSource } from "./byteSource.ts";
import { openCheckpoint } from "./openCheckpoint.ts";
import { legacyFile } from "./testing/legacyFile.ts";
import type { Tensor } from "./testing/pickleParts.ts";
import { styleganFile } from "./testing/styleganFile.ts";
import { torchFile } from "./testing/torchFile.ts";

const state = new Map<string, Tensor>([
  ["mapping.a", { shape: [2 ** 17], data: new Float32Array(2 ** 17).fill(2) }],
  ["synthesis.b", { shape: [2], data: Float32Array.of(1, -3) }],
]);

describe("a dropped file", () => {
  it.each([
    ["torch-zip", torchFile(state, "state_dict")],
    ["torch-legacy", legacyFile(state)],
    ["stylegan-pickle", styleganFile({ G_ema: { className: "Generator", tensors: state } })],
  ])("%s is opened by slices, without its large tensor", async (format, bytes) => {
    const blob = new Blob([bytes]);
    let sliced = 0;
    const slice = blob.slice.bind(blob);
    blob.slice = (start = 0, end = blob.size, type = "") => {
      sliced += end - start;
      return slice(start, end, type);
    };
    const file = await openCheckpoint([{ name: "dropped.pth", source: blobSource(blob) }]);
    expect(file.format).toBe(format);
    expect(sliced).toBeLessThan(2 ** 18 + 1000);
    sliced = 0;
    expect(await file.tensors.get("synthesis.b")?.read()).toEqual(Float32Array.of(1, -3));
    expect(sliced).toBeLessThan(100);
  });
});
