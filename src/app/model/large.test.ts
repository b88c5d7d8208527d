import { describe, expect, it } from "vitest";
import { large } from "./large.ts";

describe("large", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1.00 thousand"],
    [9_999, "10.0 thousand"],
    [35_746_307, "35.7 million"],
    [999_600, "1.00 million"],
    [12.44e9, "12.4 billion"],
    [1.2e16, "12000 trillion"],
  ])("%d is %s", (value, text) => {
    expect(large(value)).toBe(text);
  });
});
