import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "./safetensors.ts";
import { SafetensorsError } from "./safetensorsHeader.ts";

/** A file with this header text and these data bytes; `headerLength` may lie. */
function file(header: string, dataBytes = 0, headerLength = BigInt(new TextEncoder().encode(header).length)) {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, headerLength, true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (dtype: string, shape: string, begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe("safetensors", () => {
  it("gives back what was written, and the same bytes for any order of the tensors", () => {
    const tensors: [string, TensorToWrite][] = [
      ["conv1.weight", { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, Number.NaN, 0, -0) }],
      ["steps", { shape: [], data: BigInt64Array.of(-(2n ** 60n)) }],
      ["images", { shape: [1, 3], data: Uint8Array.of(0, 128, 255) }],
      ["7", { shape: [0, 4], data: new Int32Array(0) }],
      ["__proto__", { shape: [1], data: Float64Array.of(Math.PI) }],
    ];
    const bytes = writeSafetensors(new Map(tensors), { b: "2", a: "1" });
    expect(writeSafetensors(new Map([...tensors].reverse()), { a: "1", b: "2" })).toEqual(bytes);
    const read = readSafetensors(bytes);
    expect(read.metadata).toEqual({ a: "1", b: "2" });
    expect([...read.tensors.keys()].sort()).toEqual(tensors.map(([name]) => name).sort());
    for (const [name, { shape, data }] of tensors) {
      expect(read.tensors.get(name)?.shape).toEqual(shape);
      expect(read.tensors.get(name)?.data).toEqual(data);
    }
  });

  it("reads at any byte offset of a larger buffer", () => {
    const bytes = writeSafetensors(new Map([["x", { shape: [2], data: Float32Array.of(1, 2) }]]));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3)).tensors.get("x")?.data).toEqual(Float32Array.of(1, 2));
  });

  it("widens every half-precision value exactly", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const header = `{"h":${entry("F16", "[65536]", 0, 131072)}}`;
    const bytes = file(header, 131072);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 131072);
    const data = readSafetensors(bytes).tensors.get("h")?.data as Float32Array;
    expect([data[0x3c00], data[0xc000], data[0x7bff], data[0x0001], data[0x03ff], data[0x7c00]]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      Number.POSITIVE_INFINITY,
    ]);
    expect(Object.is(data[0x8000], -0)).toBe(true);
    expect(data[0x7c01]).toBeNaN();
  });

  it.each([
    ["empty file", new Uint8Array(0), /too short/i],
    ["header length 2^63-1", file("{}", 0, 2n ** 63n - 1n), /header claims/],
    ["header past the end", file("{}", 0, 50n), /truncated/i],
    ["not UTF-8", file("{}").fill(0xff, 8), /UTF-8/],
    ["not JSON", file("{]"), /JSON/],
    ["array", file("[]"), /object/],
    ["duplicate key, same bytes", file(`{"a":${entry("U8", "[1]", 0, 1)},"a":${entry("U8", "[1]", 0, 1)}}`, 1), /dupl/],
    ["duplicate field", file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1), /dupl/],
    ["overlap", file(`{"a":${entry("U8", "[2]", 0, 2)},"b":${entry("U8", "[2]", 1, 3)}}`, 3), /overlap/],
    ["hole", file(`{"a":${entry("U8", "[1]", 0, 1)},"b":${entry("U8", "[1]", 2, 3)}}`, 3), /hole/],
    ["trailing bytes", file(`{"a":${entry("U8", "[1]", 0, 1)}}`, 4), /3 trailing bytes/],
    ["out of range", file(`{"a":${entry("U8", "[9]", 0, 9)}}`, 1), /out of range/],
    ["overflow", file(`{"a":${entry("F64", "[4294967296,4294967296]", 0, 0)}}`), /overflow/],
    ["dtype constructor", file(`{"a":${entry("constructor", "[1]", 0, 1)}}`, 1), /dtype/],
    ["metadata not strings", file('{"__metadata__":{"a":1}}'), /metadata/],
  ])("refuses: %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it("answers every damaged file with a SafetensorsError or a whole result", () => {
    const good = writeSafetensors(new Map([["x", { shape: [2, 2], data: new Float32Array(4) }]]), { a: "b" });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
        const bad = good.slice(0, length);
        if (at < length) bad[at] = value;
        try {
          readSafetensors(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const golden = "../shared/golden/generators/checkpoints";

interface Verdict {
  file: string;
  verdict: string;
  alternatives?: string[];
  error_should_mention: string[];
}

describe.skipIf(!existsSync(golden))("golden hostile files", () => {
  const manifest = existsSync(golden)
    ? (JSON.parse(readFileSync(`${golden}/manifest.json`, "utf8")) as { hostile: Verdict[] })
    : { hostile: [] };
  const entries = manifest.hostile.filter((e) => e.file.endsWith(".safetensors"));
  it.each(entries.map((e) => [e.file, e] as const))("%s", (name, e) => {
    const bytes = new Uint8Array(readFileSync(`${golden}/${name}`));
    if (e.verdict === "REJECT") {
      let message = "";
      try {
        readSafetensors(bytes);
      } catch (error) {
        message = (error as Error).message;
      }
      for (const pattern of e.error_should_mention) expect(message).toMatch(new RegExp(pattern, "i"));
      expect(message).not.toBe("");
    } else {
      expect(readSafetensors(bytes).tensors.size).toBeGreaterThan(0);
    }
  });
  it("widens the half-precision golden", () => {
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(`${golden}/hostile/92_st_bf16_f16.safetensors`)));
    for (const name of ["h", "z"]) expect(tensors.get(name)?.data).toEqual(Float32Array.of(1.5, -2));
  });
});
