import { describe, expect, test } from "vitest";
import { spread } from "./statistics.ts";

describe("spread", () => {
  test("of an odd number of values, in any order", () => {
    expect(spread([9, 1, 4])).toEqual({ median: 4, least: 1, most: 9 });
  });

  test("of an even number of values: the middle of the two in the middle", () => {
    expect(spread([10, 2, 4, 1])).toEqual({ median: 3, least: 1, most: 10 });
  });

  test("leaves the values in their order and refuses nothing", () => {
    const values = [3, 1, 2];
    spread(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => spread([])).toThrow(RangeError);
  });
});
