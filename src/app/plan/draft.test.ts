import { describe, expect, it } from "vitest";
import type { BenchmarkInfo, SetInfo } from "../../data/benchmark.ts";
import { planStudy } from "../../study/study.ts";
import { checkDraft, type Draft, type DraftErrors, initialDraft } from "./draft.ts";

const set = (name: string, count: number): SetInfo => ({
  name,
  title: name,
  group: "id",
  role: "train",
  count,
  note: "",
});
const benchmark: BenchmarkInfo = {
  id: "shapes",
  title: "Shapes",
  classNames: ["a", "b"],
  height: 32,
  width: 32,
  mean: [0.5, 0.5, 0.5],
  std: [0.2, 0.2, 0.2],
  sets: [set("train", 1000), set("id_val", 10), set("id_test", 10)],
  missing: [],
  fingerprint: "f",
};

function errorsOf(changes: Partial<Draft>, of: BenchmarkInfo | null = benchmark): DraftErrors {
  const checked = checkDraft({ ...initialDraft, generators: ["interpolation"], ...changes }, of);
  return "errors" in checked ? checked.errors : {};
}

describe("checkDraft", () => {
  it("detectors: all unless some are taken out, in the order of the tables; none is refused", () => {
    const all = checkDraft({ ...initialDraft, generators: ["interpolation"] }, benchmark);
    if ("errors" in all) throw new Error("the initial draft is refused");
    expect(all.request.detectors).toHaveLength(12);
    const some = checkDraft({ ...initialDraft, generators: ["interpolation"], detectors: ["knn", "msp"] }, benchmark);
    if ("errors" in some) throw new Error("two detectors are refused");
    expect(some.request.detectors).toEqual(["msp", "knn"]);
    const none = checkDraft({ ...initialDraft, generators: ["interpolation"], detectors: [] }, benchmark);
    expect("errors" in none && none.errors.detectors).toContain("at least one detector");
  });

  it("makes a request that plans: baseline added, 3 α below 1 and 3 seeds", () => {
    const checked = checkDraft({ ...initialDraft, generators: ["interpolation"], steps: "50", lr: "0.02" }, benchmark);
    if ("errors" in checked) throw new Error(JSON.stringify(checked.errors));
    const study = planStudy(checked.request);
    expect(study.cells).toHaveLength(12);
    expect(study.recipe.steps).toBe(50);
    expect(study.recipe.lr).toBe(0.02);
  });

  it("lets steps replace an epoch budget", () => {
    const checked = checkDraft({ ...initialDraft, alphas: "1", preset: "paper", steps: "20" }, benchmark);
    if ("errors" in checked) throw new Error(JSON.stringify(checked.errors));
    expect(planStudy(checked.request).recipe.epochs).toBeNull();
  });

  it("needs a generator exactly where a batch has synthetic images", () => {
    expect(errorsOf({ generators: [] }).generators).toContain("choose at least one generator");
    expect(errorsOf({ generators: [], alphas: "1" })).toEqual({});
  });

  it("names the wrong value and its range", () => {
    expect(errorsOf({ alphas: "0.5, 1.2" }).alphas).toBe("1.2 is not a valid α. Give a number from 0 to 1.");
    expect(errorsOf({ alphas: "0.5 x" }).alphas).toContain('"x" is not a number');
    expect(errorsOf({ alphas: " , " }).alphas).toBe("Give at least one α.");
    expect(errorsOf({ seeds: "0, 1.5" }).seeds).toContain("whole number");
    expect(errorsOf({ batch: "1" }).batch).toContain("from 2 to 4096");
    expect(errorsOf({ realCount: "1001" }).realCount).toContain("from 2 to 1000");
    expect(errorsOf({ pool: "" }).pool).toContain("pool size");
  });

  it("says what an incomplete benchmark lacks", () => {
    const incomplete = { ...benchmark, sets: [], missing: ["CIFAR-10 train set: drop data_batch_1.bin."] };
    expect(errorsOf({}, incomplete).benchmark).toContain("drop data_batch_1.bin");
    expect(errorsOf({ benchmark: "gone" }, null).benchmark).toContain('"gone" is not here');
  });
});
