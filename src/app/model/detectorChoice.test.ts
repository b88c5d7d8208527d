import { describe, expect, it } from "vitest";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { choiceKey, resolveParams } from "../../detection/params.ts";
import { detectorByName } from "../../detection/registry.ts";
import { choiceOfKey, isCostly, overridesOf, paramsText, readChoice, valueText } from "./detectorChoice.ts";
import { detectorTitle } from "./words.ts";

const sizes = { featureDim: 64, classes: 8, train: 2000, val: 200 };

describe("a detector's key", () => {
  it("is read back to the choice that it was made of", () => {
    for (const key of ["msp", "knn", "knn(K=100)"]) expect(choiceKey(choiceOfKey(key))).toBe(key);
    expect(readChoice("knn(K=7)")?.params).toEqual({ K: 7 });
  });

  it.each(["nosuch", "", "knn(", "knn()", "knn(K=0)", "knn(K=1.5)", "knn(K=)", "knn(Q=3)", "msp(K=3)", "knn(K)"])(
    "%s names nothing",
    (key) => {
      expect(readChoice(key)).toBeNull();
    },
  );

  it("throws for the session where it names nothing", () => {
    expect(() => choiceOfKey("knn(K=0)")).toThrow('"knn(K=0)" names no detector');
  });
});

describe("a costly scoring", () => {
  const benchmark = (count: number) =>
    ({ sets: [{ name: "o", title: "o", group: "far", role: "test", count, note: "" }] }) as unknown as BenchmarkInfo;

  it("compares very many images with a large train set", () => {
    const large = { featureDim: 512, classes: 10, train: 50_000, val: 1000 };
    expect(isCostly(detectorByName("knn"), large, benchmark(60_000))).toBe(true);
    expect(isCostly(detectorByName("knn"), sizes, benchmark(8000))).toBe(false);
    expect(isCostly(detectorByName("msp"), large, benchmark(60_000))).toBe(false);
    expect(isCostly(detectorByName("knn"), null, null)).toBe(false);
  });
});

describe("hyper-parameters", () => {
  it("that are the preset's own are not part of a variant", () => {
    const knn = detectorByName("knn");
    const own = resolveParams(knn, "quick", sizes);
    expect(overridesOf(knn, "quick", sizes, own)).toEqual({});
    expect(overridesOf(knn, "quick", sizes, { ...own, K: 9 })).toEqual({ K: 9 });
    expect(overridesOf(knn, "paper", sizes, { K: 50 })).toEqual({});
  });

  it("are written as people write them", () => {
    expect(paramsText({ K: 100, mode: "full" })).toBe("K = 100, mode = full");
    expect(valueText(0.1 + 0.2)).toBe("0.3");
    expect(detectorTitle("knn(K=100)")).toBe("KNN (K = 100)");
    expect(detectorTitle("nosuch")).toBe("NOSUCH");
  });
});
