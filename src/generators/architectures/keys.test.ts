import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../checkpoints/checkpointError.ts";
import type { StateDictFile } from "../../checkpoints/stateDict.ts";
import { checkKeys, countParameters, definingShape, type ExpectedKey, readFloats } from "./keys.ts";

type Tensor = StateDictFile["tensors"] extends ReadonlyMap<string, infer T> ? T : never;

function file(tensors: Record<string, Partial<Tensor> & { shape: number[] }>): StateDictFile {
  const entries = Object.entries(tensors).map(([name, tensor]): [string, Tensor] => [
    name,
    { dtype: "F32", read: async () => new Float32Array(), ...tensor },
  ]);
  return { tensors: new Map(entries), metadata: {}, notes: [], warnings: [] };
}

const expected: ExpectedKey[] = [
  { name: "a.weight", shape: [2, 3], kind: "parameter" },
  { name: "a.bias", shape: [2], kind: "parameter" },
  { name: "bn.running_var", shape: [2], kind: "variance" },
  { name: "bn.counter", shape: [1], kind: "buffer", optional: true },
];
const whole = { "a.weight": { shape: [2, 3] }, "a.bias": { shape: [2] }, "bn.running_var": { shape: [2] } };

describe("the keys of a checkpoint against those of a network", () => {
  it("says nothing where they are the same, with or without what does not matter", () => {
    expect(checkKeys(file(whole), "a test", expected)).toEqual([]);
    const more = { ...whole, "bn.counter": { shape: [1] }, "bn.num_batches_tracked": { shape: [] } };
    expect(checkKeys(file(more), "a test", expected)).toEqual([]);
  });

  it("warns of unexpected keys by name", () => {
    const warnings = checkKeys(file({ ...whole, "b.weight": { shape: [4] } }), "a test", expected);
    expect(warnings).toEqual(["Passed over, unexpected: b.weight [4]."]);
  });

  it("lists everything that does not fit in one error", () => {
    const faulty = file({
      "a.weight": { shape: [3, 2] },
      "bn.running_var": { shape: [2], dtype: "I32" },
      "a.offset": { shape: [2] },
    });
    let message = "";
    try {
      checkKeys(faulty, "a test", expected);
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointError);
      message = (error as Error).message;
    }
    expect(message.split("\n")).toEqual([
      "This looks like a test, but 3 of its 4 tensors do not fit:",
      "  mis-shaped: a.weight has shape [3, 2], expected [2, 3]",
      "  missing: a.bias [2]",
      "  wrong type: bn.running_var holds I32, expected floating-point numbers",
      "  unexpected: a.offset [2]",
    ]);
  });

  it("counts what is trained", () => {
    expect(countParameters(expected)).toBe(8);
  });

  it("names a tensor that sizes hang on", () => {
    expect(definingShape(file(whole), "a test", "a.weight", 2)).toEqual([2, 3]);
    expect(() => definingShape(file(whole), "a test", "a.weight", 4)).toThrow("a.weight");
    expect(() => definingShape(file(whole), "a test", "c.weight", 4)).toThrow("c.weight");
  });

  it("names tensors with numbers that no image comes of", async () => {
    const data = new Float32Array([Number.NaN, -1]);
    const warnings: string[] = [];
    const source = file({ "bn.running_var": { shape: [2], read: async () => data } });
    expect(await readFloats(source, expected[2] as ExpectedKey, warnings)).toBe(data);
    expect(warnings).toHaveLength(2);
    for (const warning of warnings) expect(warning).toContain("bn.running_var: 1 of 2");
    const trained: string[] = [];
    await readFloats(
      file({ "a.bias": { shape: [2], read: async () => new Float32Array([-1, 1]) } }),
      expected[1] as ExpectedKey,
      trained,
    );
    expect(trained).toEqual([]);
  });
});
