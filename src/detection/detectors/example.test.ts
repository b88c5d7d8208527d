import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import type { Group, Role, SetInfo } from "../../data/benchmark.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import { type Detector, UndefinedScore } from "../detector.ts";
import { inMemory } from "../evaluation/activationSet.ts";
import { BadParameter, parseParameter, resolveParams } from "../params.ts";
import { detectors } from "../registry.ts";
import { scoreSets } from "../scoring/scoreSets.ts";
import { candidatesOf, searchParams } from "../scoring/search.ts";
import { fitInputOf, made, noImages } from "../testing/activations.ts";
import { sizedEnergy } from "../testing/exampleDetector.ts";

// As a user would list it.
vi.mock("../registry.ts", async (importOriginal) => {
  const registry = await importOriginal<typeof import("../registry.ts")>();
  const { sizedEnergy: own } = await import("../testing/exampleDetector.ts");
  const all = [...registry.detectors, own as unknown as Detector];
  const byName = (name: string) => all.find((detector) => detector.name === name) ?? registry.detectorByName(name);
  return { detectors: all, detectorByName: byName };
});

/** docs/detectors.md says what is so, and its example works. */
const page = readFileSync(new URL("../../../docs/detectors.md", import.meta.url), "utf8");

describe("the example of the how-to", () => {
  const source = readFileSync(new URL("../testing/exampleDetector.ts", import.meta.url), "utf8");
  const val = made(
    [
      [1, 1],
      [0, 4],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  );
  const input = { ...fitInputOf(val, 2, 2), train: noImages };

  test("is printed as it is", () => expect(page).toContain(`\`\`\`ts\n${source}\`\`\``));

  test("fits on ID-val and scores, by hand", async () => {
    const { state, score } = await sizedEnergy.fit(input, { gamma: 2 }, plainKernels);
    expect(state).toEqual({ mean: 3 });
    const [first, second] = await score(
      made(
        [
          [6, 0],
          [0, 0],
        ],
        [
          [1, 1],
          [5, 5],
        ],
      ),
    );
    expect(first).toBeCloseTo(1 + Math.log(2) + 4, 6);
    expect(second).toBeCloseTo(5 + Math.log(2), 6);
  });

  test("is undefined without images or sizes", async () => {
    const fitted = async (split: typeof val) => sizedEnergy.fit({ ...input, val: split }, { gamma: 1 }, plainKernels);
    await expect(fitted(noImages)).rejects.toThrow(UndefinedScore);
    await expect(fitted(made([[0, 0]], [[0, 0]]))).rejects.toThrow("the mean size of the 1 ID-val features is 0");
  });

  test("its hyper-parameter is read, checked and searched", () => {
    const sizes = { featureDim: 2, classes: 2, train: 0, val: 2 };
    expect(resolveParams(sizedEnergy, "quick", sizes)).toEqual({ gamma: 1 });
    expect(parseParameter(sizedEnergy, "gamma", "2")).toBe(2);
    expect(() => parseParameter(sizedEnergy, "gamma", "-1")).toThrow(BadParameter);
    expect(candidatesOf(sizedEnergy)).toEqual([{ gamma: 0 }, { gamma: 1 }, { gamma: 2 }, { gamma: 5 }]);
  });
});

test("the example once listed: scored with an override, undefined where it throws, searched", async () => {
  const info = (name: string, group: Group, role: Role): SetInfo => ({
    name,
    title: name,
    group,
    role,
    count: 2,
    note: "",
  });
  const infos = [info("val", "id", "val"), info("test", "id", "test"), info("ood", "near", "val")];
  const logits = [
    [0, 0],
    [0, 0],
  ];
  const images = (sizes: [number, number]) => inMemory(made([[sizes[0]], [sizes[1]]], logits));
  const evaluation = (val: [number, number]) => ({
    featureDim: 1,
    classes: 2,
    head: { weight: new Float32Array(2), bias: new Float32Array(2) },
    sets: new Map([
      ["val", images(val)],
      ["test", images([2, 4])],
      ["ood", images([0, 1])],
    ]),
    perturbed: new Map(),
  });
  const scoring = { preset: "paper", kernels: plainKernels, normalisation: null } as const;
  const scored = await scoreSets(evaluation([1, 3]), infos, { name: "sizedenergy", params: { gamma: 5 } }, scoring);
  expect(scored.params).toEqual({ gamma: 5 });
  const [two, four] = scored.scores.get("test") ?? [];
  expect(two).toBeCloseTo(Math.log(2) + 5, 6);
  expect(four).toBeCloseTo(Math.log(2) + 10, 6);
  const none = await scoreSets(evaluation([0, 0]), infos, { name: "sizedenergy" }, scoring);
  expect(none.undefinedBecause.get("test")).toBe("undefined, because the mean size of the 2 ID-val features is 0");
  const { candidates, best } = await searchParams(evaluation([1, 3]), infos, "sizedenergy", scoring);
  // With γ = 0 all energies are equal; the val sizes 1 and 3 against 0 and 1 tie once.
  expect(candidates.map(({ auroc }) => auroc)).toEqual([0.5, 0.875, 0.875, 0.875]);
  expect(best).toBe(1);
});

describe("the tables", () => {
  /** Cells of each row of the table under a heading. */
  function rowsUnder(heading: string): string[][] {
    const [, section = ""] = page.split(`## ${heading}\n`);
    const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| "));
    return rows.slice(2).map((line) => line.slice(2, -2).split(" | "));
  }

  const rows = rowsUnder("The twelve");
  /** Those of the paper's tables; a detector of one's own need not be on the page. */
  const listed = detectors.filter(({ name }) => rows.some((row) => row[0] === `\`${name}\``));

  test("list the twelve in the registry's order, with the split that each is fitted on", () => {
    const splits = { nothing: "–", val: "ID-val", train: "train" };
    expect(rows).toHaveLength(12);
    expect(rows.map(([name, title, , split]) => [name, title, split?.split(",")[0]])).toEqual(
      listed.map(({ name, title, fitsOn }) => [`\`${name}\``, title, splits[fitsOn]]),
    );
  });

  test("give the values of paper and v1.5 and the searched ones", () => {
    const expected = listed.flatMap((detector) =>
      detector.parameters.map(({ name }) => [
        `\`${detector.name}\``,
        `\`${name}\``,
        String(detector.presets.paper[name]),
        String(detector.presets["v1.5"][name]),
        detector.grid[name]?.join(", ") ?? "–",
      ]),
    );
    const values = rowsUnder("Hyper-parameters").map((row) => [...row.slice(0, 4), row[5]]);
    expect(values).toEqual(expected);
  });
});
