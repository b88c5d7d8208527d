import { describe, expect, it } from "vitest";
import { makeCell } from "../../study/cell.ts";
import { planStudy } from "../../study/study.ts";
import { detectorResult, finishedCell } from "../model/testing/finishedCell.ts";
import { widened, withResult } from "./ownStudies.ts";

const study = planStudy({
  benchmark: "shapes",
  preset: "look",
  generators: ["simulated-3"],
  alphas: [0.5, 1],
  pools: [1000],
  seeds: [0],
  detectors: ["msp"],
});
const [first] = study.cells as [(typeof study.cells)[number]];
const entry = { id: "s", source: "own", study, computedWith: null } as const;

describe("a study run beyond its grid", () => {
  const { id: _id, ...values } = study.cells.at(-1) as typeof first;
  const added = makeCell({ ...values, alpha: 0.7, generator: "simulated-3", poolSize: 1000 });

  it("takes in the new cells and their α", () => {
    const wider = widened(entry, [first, added]);
    expect(wider?.alphas).toEqual([0.5, 0.7, 1]);
    expect(wider?.cells).toEqual([...study.cells, added]);
    expect(widened(entry, study.cells)).toBeNull();
  });

  it("is refused for the example", () => {
    expect(() => widened({ ...entry, source: "example" }, [added])).toThrow("read-only");
    expect(widened({ ...entry, source: "example" }, study.cells)).toBeNull();
  });
});

describe("one more detector of a cell", () => {
  it("stands beside the others, several variants of one detector too; the same key is replaced", () => {
    const variant = (K: number, near: number) => ({ ...detectorResult("knn", near, near), variant: `knn(K=${K})` });
    const scored = [variant(5, 0.7), variant(9, 0.8), detectorResult("knn", 0.6, 0.6), variant(5, 0.75)].reduce(
      withResult,
      finishedCell(first),
    );
    expect(scored.detectors.map((result) => [result.variant ?? result.detector, result.near.auroc])).toEqual([
      ["msp", 0.8],
      ["knn(K=9)", 0.8],
      ["knn", 0.6],
      ["knn(K=5)", 0.75],
    ]);
  });
});
