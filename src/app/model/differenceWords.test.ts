import { describe, expect, it } from "vitest";
import { pairedDifference } from "../../metrics/paired.ts";
import { correlationText, differenceInterval, verdictText } from "./differenceWords.ts";

const words = (a: number[], b: number[]): string => {
  const column = (values: number[]) => new Map(values.map((value, seed) => [seed, value]));
  const difference = pairedDifference(column(a), column(b));
  if (difference === null) throw new Error("no seed is shared");
  return verdictText(difference);
};

describe("words for a difference", () => {
  it("has none of improvement below three seeds", () =>
    expect(words([0.9, 0.9], [0.1, 0.1])).toBe("needs 3 seeds (2 in common)"));
  it("calls it unresolved where the interval includes zero, and says how many seeds might settle it", () => {
    expect(words([0.81, 0.83, 0.92], [0.8, 0.8, 0.9])).toBe("unresolved; about 1 more seed");
    expect(words([0.9, 0.7, 0.81], [0.7, 0.9, 0.8])).toBe("unresolved; > 100 more seeds");
  });
  it("says better or worse only where it excludes zero", () => {
    expect(words([0.6, 0.71, 0.8], [0.5, 0.6, 0.7])).toBe("better");
    expect(words([0.5, 0.6, 0.7], [0.6, 0.71, 0.8])).toBe("worse");
  });
  it("writes points with signs", () => {
    expect(differenceInterval({ low: -0.009, high: 0.035 })).toBe("[−0.9, +3.5]");
    expect(correlationText(-0.5)).toBe("r = −0.50");
    expect(correlationText(null)).toBe("r undefined");
  });
});
