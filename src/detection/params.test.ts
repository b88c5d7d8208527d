import { describe, expect, test } from "vitest";
import { BadParameter, checkParameter, choiceKey, detectorPreset, parseParameter, resolveParams } from "./params.ts";
import { detectorByName, detectors } from "./registry.ts";

const sizes = { featureDim: 128, classes: 10, train: 12_000, val: 600 };
const presets = ["paper", "v1.5", "quick"] as const;
const knn = detectorByName("knn");
const odin = detectorByName("odin");

describe("what every detector declares", () => {
  test.each(detectors.map((detector) => ({ title: detector.title, detector })))("$title", ({ detector }) => {
    const names = detector.parameters.map(({ name }) => name).sort();
    expect(new Set(names).size).toBe(names.length);
    for (const preset of presets) {
      const params = resolveParams(detector, preset, sizes);
      expect(Object.keys(params).sort(), preset).toEqual(names);
      for (const [name, value] of Object.entries(params)) {
        expect(() => checkParameter(detector, name, value), `${preset} ${name}`).not.toThrow();
      }
    }
    for (const [name, values] of Object.entries(detector.grid)) {
      for (const value of values) expect(() => checkParameter(detector, name, value)).not.toThrow();
    }
    const [paper, quick] = [resolveParams(detector, "paper", sizes), resolveParams(detector, "quick", sizes)];
    // A rule of its own has to be put in words.
    if (JSON.stringify(paper) !== JSON.stringify(quick)) expect(detector.quickRule).not.toBeNull();
  });

  test("the paper's and v1.5's values are OpenOOD's", () => {
    const values = (preset: "paper" | "v1.5") =>
      Object.fromEntries(
        ["knn", "vim", "react", "dice", "odin"].map((name) => [
          name,
          resolveParams(detectorByName(name), preset, sizes),
        ]),
      );
    expect(values("paper")).toEqual({
      knn: { K: 50 },
      vim: { D: 42 },
      react: { percentile: 90 },
      dice: { p: 90 },
      odin: { T: 1000, eps: 0.0014, sigma: "cifar10" },
    });
    expect(values("v1.5")).toEqual({
      knn: { K: 50 },
      vim: { D: 256 },
      react: { percentile: 90 },
      dice: { p: 90 },
      odin: { T: 1000, eps: 0.0014, sigma: "dataset" },
    });
  });

  test("quick goes by the sizes", () => {
    expect(resolveParams(knn, "quick", sizes)).toEqual({ K: 12 });
    expect(resolveParams(knn, "quick", { ...sizes, train: 400 })).toEqual({ K: 1 });
    expect(resolveParams(detectorByName("vim"), "quick", sizes)).toEqual({ D: 64 });
    expect(resolveParams(detectorByName("vim"), "quick", { ...sizes, featureDim: 1 })).toEqual({ D: 1 });
  });
});

describe("overrides", () => {
  test("replace the preset's values one by one", () => {
    expect(resolveParams(odin, "paper", sizes, { T: 1 })).toEqual({ T: 1, eps: 0.0014, sigma: "cifar10" });
    expect(resolveParams(odin, "paper", sizes, { sigma: "dataset" })).toMatchObject({ T: 1000, sigma: "dataset" });
  });

  test.each([
    { name: "k", value: 5, message: 'KNN has no parameter "k". Known: K.' },
    { name: "K", value: 1.5, message: "KNN's K is a whole number from 1 to 1000000, not 1.5." },
    { name: "K", value: 0, message: "from 1 to 1000000, not 0." },
    { name: "K", value: Number.NaN, message: "not NaN." },
    { name: "K", value: "50", message: "not 50." },
  ])("$name = $value is refused", ({ name, value, message }) => {
    expect(() => resolveParams(knn, "paper", sizes, { [name]: value })).toThrow(BadParameter);
    expect(() => resolveParams(knn, "paper", sizes, { [name]: value })).toThrow(message);
  });

  test("choices name their options", () =>
    expect(() => resolveParams(odin, "paper", sizes, { sigma: "std" })).toThrow(
      "ODIN's sigma is one of cifar10, dataset, not std.",
    ));
});

describe("from text", () => {
  test("numbers and choices are read", () => {
    expect(parseParameter(knn, "K", "100")).toBe(100);
    expect(parseParameter(odin, "eps", "2.8e-3")).toBe(0.0028);
    expect(parseParameter(odin, "sigma", "dataset")).toBe("dataset");
  });

  test.each(["", " ", "many", "1e9", "0x", "5,0", "Infinity"])("%j is no K", (text) =>
    expect(() => parseParameter(knn, "K", text)).toThrow(BadParameter),
  );

  test("a parameter that the detector does not have", () =>
    expect(() => parseParameter(detectorByName("mls"), "T", "1")).toThrow('MLS has no parameter "T". Known: none.'));
});

test("keys name the overrides in one order; look scores as quick", () => {
  expect(choiceKey({ name: "knn" })).toBe("knn");
  expect(choiceKey({ name: "knn", params: {} })).toBe("knn");
  expect(choiceKey({ name: "odin", params: { eps: 0, T: 1 } })).toBe(
    choiceKey({ name: "odin", params: { T: 1, eps: 0 } }),
  );
  expect(detectorPreset("look")).toBe("quick");
  expect(detectorPreset("v1.5")).toBe("v1.5");
});
