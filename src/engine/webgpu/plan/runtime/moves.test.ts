import { describe, expect, it } from "vitest";
import { moveTable } from "./moves.ts";

describe("moveTable", () => {
  it("has flip, row and column of every image", () => {
    const augmentation = { flip: Uint8Array.of(1, 0), offsetY: Uint8Array.of(8, 3), offsetX: Uint8Array.of(0, 5) };
    expect([...moveTable(2, augmentation)]).toEqual([1, 8, 0, 0, 0, 3, 5, 0]);
  });

  it("moves nothing where nothing is said", () => {
    expect([...moveTable(1, null)]).toEqual([0, 4, 4, 0]);
  });

  it("refuses offsets outside of the padded picture", () => {
    const augmentation = { flip: new Uint8Array(1), offsetY: Uint8Array.of(9), offsetX: new Uint8Array(1) };
    expect(() => moveTable(1, augmentation)).toThrow("The crop offset of image 0 must be 0 … 8, not 9.");
    expect(() => moveTable(2, { ...augmentation, offsetY: new Uint8Array(1) })).toThrow("image 1 must be");
  });
});
