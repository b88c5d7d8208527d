import { describe, expect, it } from "vitest";
import { bytes, duration, durationRange, percent, plural, signedPoints } from "./format.ts";

describe("percent", () => {
  it("turns fractions into percent, and undefined into a dash, not into 0", () => {
    expect(percent(0.92345)).toBe("92.3");
    expect(percent(0.5, 0)).toBe("50");
    expect(percent(null)).toBe("–");
    expect(percent(0)).toBe("0.0");
  });
});

describe("signedPoints", () => {
  it("always shows the sign", () => {
    expect(signedPoints(0.012)).toBe("+1.2");
    expect(signedPoints(-0.004)).toBe("−0.4");
  });
});

describe("duration", () => {
  it.each([
    [0.2, "1 s"],
    [40, "40 s"],
    [89, "89 s"],
    [100, "2 min"],
    [240, "4 min"],
    [7200, "2 h"],
    [7800, "2 h 10 min"],
  ])("of %f seconds", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("says a range once where both ends read the same", () => {
    expect(durationRange([180, 300])).toBe("3 min–5 min");
    expect(durationRange([238, 242])).toBe("4 min");
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.5 kB"],
    [250_000_000, "250 MB"],
    [1_900_000_000, "1.9 GB"],
    [4e15, "4000 TB"],
  ])("of %f", (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

describe("plural", () => {
  it("knows one from many", () => {
    expect([plural(0, "cell"), plural(1, "cell"), plural(1200, "cell")]).toEqual(["0 cells", "1 cell", "1,200 cells"]);
  });
});
