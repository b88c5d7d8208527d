import { describe, expect, it } from "vitest";
import type { InspectedFile } from "../../runs/imports/importOptions.ts";
import {
  assignmentAt,
  draftOf,
  draftProblem,
  fileUseAt,
  fractionOf,
  importOptions,
  placeOf,
  places,
  withChoices,
} from "./importDraft.ts";

const numbers = (name: string, suggested: InspectedFile["suggested"]): InspectedFile => ({
  name,
  problem: null,
  kind: "scores",
  holds: ["score [3] F32"],
  rows: 3,
  sets: [],
  suggested,
  expectedAccuracy: null,
});
const id = numbers("a/id_test.npz", { use: "set", set: "id_test", group: "id", role: "test" });
const ood = numbers("svhn.npz", { use: "set", set: "svhn", group: "far", role: "test" });
const checkpoint: InspectedFile = {
  ...numbers("net_acc94.30.ckpt", { use: "checkpoint" }),
  kind: "checkpoint",
  expectedAccuracy: 0.943,
};

describe("the draft of an import", () => {
  it("begins with what the inspection suggests", () => {
    const draft = draftOf([id, ood], []);
    expect(draft).toMatchObject({ name: "2 files", expected: "", benchmark: "" });
    expect(draftProblem(draft)).toBeNull();
    expect(importOptions(draft, false)).toMatchObject({ benchmark: null, expectedAccuracy: null, files: draft.files });
    expect(draftOf([checkpoint], [])).toMatchObject({ name: "net_acc94.30", expected: "94.30" });
  });

  it("keeps what was chosen when more files come", () => {
    const chosen = { use: "set", set: "svhn", group: "near", role: "val" } as const;
    const before = { ...draftOf([ood], []), preset: "quick", expected: "90", files: { [ood.name]: chosen } } as const;
    const draft = withChoices(draftOf([ood, id], []), before, new Set([id.name]));
    expect(draft).toMatchObject({ preset: "quick", expected: "90", name: "2 files" });
    expect(draft.files).toEqual({ [ood.name]: chosen, [id.name]: id.suggested });
    const replaced = withChoices(draftOf([ood, id], []), before, new Set([ood.name]));
    expect(replaced.files[ood.name]).toEqual(ood.suggested);
  });

  it("says what is missing", () => {
    expect(draftProblem(draftOf([id], []))).toContain("OOD test set");
    expect(draftProblem(draftOf([ood], []))).toContain("ID test set");
    expect(draftProblem(draftOf([checkpoint], []))).toContain("needs a benchmark");
    const both = { ...draftOf([checkpoint, id, ood], []), benchmark: "shapes" };
    expect(draftProblem(both)).toContain("not used");
    expect(draftProblem({ ...draftOf([id, ood], []), expected: "much" })).toContain("percentage");
  });

  it("takes a place for every set there is, and back", () => {
    for (const { value } of places) {
      expect(placeOf(fileUseAt(value, "svhn"))).toBe(value);
      expect(placeOf(assignmentAt(value, "svhn") ?? undefined)).toBe(value);
    }
    for (const value of ["head", "checkpoint", "sets", "nothing"]) expect(placeOf(fileUseAt(value, "x"))).toBe(value);
    expect(assignmentAt("id train", "svhn")).toEqual({ set: "train", group: "id", role: "train" });
    expect(assignmentAt("near val", "svhn")).toEqual({ set: "svhn", group: "near", role: "val" });
    expect(placeOf(undefined)).toBe("nothing");
  });

  it("reads an accuracy as a share or in percent", () => {
    expect([fractionOf("95.22 %"), fractionOf("0.9522"), fractionOf(" ")]).toEqual([0.9522, 0.9522, null]);
    expect([fractionOf("101"), fractionOf("-1"), fractionOf("x")]).toEqual(["bad", "bad", "bad"]);
  });
});
