import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../checkpoints/safetensors.ts";
import type { ImportFile } from "./importOptions.ts";
import { suggestedSet } from "./importTables.ts";
import { inspectImport } from "./inspectImport.ts";

function csv(name: string, ...lines: string[]): ImportFile {
  return { name, blob: new Blob([`${lines.join("\n")}\n`]) };
}

describe("what a name suggests", () => {
  it.each([
    ["cifar10_train.npz", "train id train"],
    ["id_val.safetensors", "id_val id val"],
    ["results/id_test.npz", "id_test id test"],
    ["test", "id_test id test"],
    ["near_cats.csv", "near_cats near test"],
    ["cifar100.npz", "cifar100 near test"],
    ["tin.npz", "tin near test"],
    ["svhn.npz", "svhn far test"],
    ["far_val.npz", "far_val far val"],
    ["oodval.npz", "oodval far val"],
    ["my set!.npz", "my_set_ far test"],
    ["../../..", "set far test"],
  ])("%s", (name, wanted) => {
    const { set, group, role } = suggestedSet(name);
    expect(`${set} ${group} ${role}`).toBe(wanted);
  });
});

describe("a file of several sets", () => {
  it("is taken apart by its column `set`", async () => {
    const file = csv("all.csv", "set,label,score_mine", "id_test,0,3", "svhn,-1,1", "id_test,1,2");
    const [inspected] = await inspectImport([file]);
    expect(inspected).toMatchObject({ kind: "scores", rows: 3, suggested: { use: "sets" }, problem: null });
    expect(inspected?.sets).toEqual([
      { name: "id_test", rows: 2, suggested: { set: "id_test", group: "id", role: "test" } },
      { name: "svhn", rows: 1, suggested: { set: "svhn", group: "far", role: "test" } },
    ]);
  });

  it("is taken apart by tensors METHOD/SET", async () => {
    const tensor = { shape: [2], data: Float32Array.of(1, 2) };
    const blob = new Blob([
      writeSafetensors(
        new Map([
          ["msp/id", tensor],
          ["msp/near", tensor],
        ]),
      ),
    ]);
    const [inspected] = await inspectImport([{ name: "scores.safetensors", blob }]);
    expect(inspected?.sets.map(({ name, suggested }) => [name, suggested.group])).toEqual([
      ["id", "id"],
      ["near", "near"],
    ]);
  });
});

describe("a file that cannot be used", () => {
  it("says why, and the others are still looked into", async () => {
    const inspected = await inspectImport([
      csv("words.csv", "name,kind", "a,b"),
      { name: "empty.npz", blob: new Blob([]) },
      csv("svhn.csv", "score", "1", "2"),
    ]);
    expect(inspected.map(({ kind }) => kind)).toEqual([null, null, "scores"]);
    expect(inspected[0]?.problem).toContain("words.csv");
    expect(inspected[1]?.problem).toContain("empty");
  });
});
