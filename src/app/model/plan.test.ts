import { describe, expect, it } from "vitest";
import { planStudy } from "../../study/study.ts";
import { cellsAt, existingCopy, ownCopy } from "./plan.ts";

const study = planStudy({
  name: "Example",
  benchmark: "shapes",
  preset: "quick",
  generators: ["interpolation"],
  alphas: [0.5],
  pools: [100],
  poolSeed: 3,
  seeds: [0, 1],
  detectors: ["msp"],
  overrides: { steps: 300 },
});
const curve = { method: "ce", generator: "interpolation", poolSize: 100 };

describe("cellsAt", () => {
  it("gives the very cells of the study at an α of its grid", () => {
    const planned = study.cells.filter((cell) => cell.alpha === 0.5);
    expect(cellsAt(study, curve, 0.5)).toEqual(planned);
  });

  it("gives the baseline of the study at α = 1, whatever the curve's generator", () => {
    expect(cellsAt(study, curve, 1)).toEqual(study.cells.filter((cell) => cell.alpha === 1));
  });

  it("refuses an α that needs a generator where the curve has none", () => {
    expect(() => cellsAt(study, { method: "ce", generator: null, poolSize: 0 }, 0.5)).toThrow(/generator/);
  });
});

describe("ownCopy", () => {
  it("plans the same cells as the read-only study, and those of one more α", () => {
    const copy = planStudy(ownCopy(study, 0.65));
    const ids = copy.cells.map((cell) => cell.id);
    expect(ids).toEqual(expect.arrayContaining(study.cells.map((cell) => cell.id)));
    expect(copy.cells.filter((cell) => cell.alpha === 0.65)).toEqual(cellsAt(study, curve, 0.65));
  });

  it("does not repeat an α that is there already", () => {
    expect(planStudy(ownCopy(study, 0.5)).cells).toEqual(study.cells);
  });

  it("is found again, unless something that changes numbers differs", () => {
    const copy = planStudy(ownCopy(study, 0.65));
    const entry = { id: "1", source: "own", study: copy, computedWith: null } as const;
    expect(existingCopy([entry], study)).toBe(entry);
    expect(existingCopy([{ ...entry, source: "example" }], study)).toBeUndefined();
    const other = { ...copy, recipe: { ...copy.recipe, lr: 0.02 } };
    expect(existingCopy([{ ...entry, study: other }], study)).toBeUndefined();
  });
});
