import { describe, expect, test } from "vitest";
import { BACKENDS, BadOption, CASES, readOptions } from "./options.ts";

const read = (...args: string[]) => readOptions(args, 2);

describe("readOptions", () => {
  test("everything by default, with all cores and with one", () => {
    expect(read()).toMatchObject({
      cases: CASES,
      backends: BACKENDS,
      peers: ["torch", "stock"],
      asked: { backends: false, peers: false },
      widths: [8, 16, 64],
      batch: 128,
      threads: [2, 1],
      json: null,
    });
    expect(readOptions([], 1)?.threads).toEqual([1]);
  });

  test("lists may be repeated or separated by commas; each entry counts once", () => {
    const options = read("--case", "train", "--case", "gemm,train", "--width", "16,8", "--threads", "4");
    expect(options).toMatchObject({ cases: ["train", "gemm"], widths: [16, 8], threads: [4] });
  });

  test("what is asked for by name is marked", () => {
    expect(read("--peer", "none")).toMatchObject({ peers: [], asked: { peers: true } });
    expect(read("--backend", "wasm-simd")).toMatchObject({ backends: ["wasm-simd"], asked: { backends: true } });
  });

  test("the browser measures networks only", () => {
    expect(read("--browser")?.cases).toEqual(["train", "infer"]);
    expect(() => read("--browser", "--case", "conv")).toThrow("train and infer, not conv");
  });

  test("help is null", () => {
    expect(read("--help")).toBeNull();
  });

  test.each([
    [["--case", "trian"], 'not "trian"'],
    [["--backend", "wasm"], "wasm-relaxed, wasm-simd"],
    [["--peer", "none,torch"], "excludes"],
    [["--width", "12"], "multiples of 8, not 12"],
    [["--width", "8,x"], 'not "x"'],
    [["--image", "20"], "multiple of 8"],
    [["--batch", "1"], "from 2 to 4096"],
    [["--threads", "0"], "from 1 to 64"],
    [["--rounds", "1.5"], 'not "1.5"'],
    [["--seconds", "0"], "above 0"],
    [["--json", "no/such/folder/rows.json"], "no folder"],
    [["--jsno", "x"], "--help"],
    [["train"], "--help"],
    [["--json"], "--help"],
  ])("%j is refused, saying why", (args, reason) => {
    expect(() => read(...args)).toThrow(BadOption);
    expect(() => read(...args)).toThrow(reason);
  });
});
