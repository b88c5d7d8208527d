import { describe, expect, test } from "vitest";
import { highest, lowest } from "./extremes.ts";

describe("extremes", () => {
  const scores = Float32Array.of(2, 5, 1, 5, 2, 9, 1);
  test("come in order, of equal scores the lower index first", () => {
    expect(highest(scores, 4)).toEqual([5, 1, 3, 0]);
    expect(lowest(scores, 4)).toEqual([2, 6, 0, 4]);
  });
  test("are all images where there are fewer than asked for", () => {
    expect(highest(scores, 10)).toEqual([5, 1, 3, 0, 4, 2, 6]);
    expect(lowest(new Float32Array(), 3)).toEqual([]);
  });
});
