import { describe, expect, it } from "vitest";
import { planStudy } from "../../study/study.ts";
import { emptyDraft, requestOf, sanityDrafts } from "./newStudy.ts";

describe("requestOf", () => {
  it("plans the default draft with its baseline", () => {
    const study = planStudy(requestOf(emptyDraft));
    expect(study.cells).toHaveLength(3 + 2 * 3);
    expect(study.cells.filter((cell) => cell.generator === null)).toHaveLength(3);
  });

  it("takes a budget of steps instead of the preset's", () => {
    expect(planStudy(requestOf({ ...emptyDraft, steps: "20", batch: "8" })).recipe).toMatchObject({
      steps: 20,
      epochs: null,
      batch: 8,
    });
  });

  it.each([
    [{ alphas: "0.5, 1.2" }, "α grid: every α lies between 0 and 1."],
    [{ alphas: "half" }, 'α grid: numbers separated by commas are needed, not "half".'],
    [{ pool: "0" }, 'Pool: a whole number from 1 on is needed, not "0".'],
    [{ seeds: "" }, "Seeds: numbers separated by commas are needed"],
  ])("refuses %o", (wrong, message) => {
    expect(() => requestOf({ ...emptyDraft, ...wrong })).toThrow(message);
  });

  it("the sanity controls need no generator", () => {
    for (const { draft } of sanityDrafts) expect(planStudy(requestOf(draft)).cells).toHaveLength(1);
  });
});
