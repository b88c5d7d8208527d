import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "./byteSource.ts";
import { writeSafetensors } from "./safetensors.ts";
import { openStateDict } from "./stateDict.ts";
import { legacyFile } from "./testing/legacyFile.ts";

const fixture = new URL("fixtures/tiny.ckpt", import.meta.url);

async function readAll(bytes: Uint8Array) {
  const file = await openStateDict(bytesSource(bytes));
  const values = new Map<string, { shape: readonly number[]; data: number[] }>();
  for (const [name, { shape, read }] of file.tensors)
    values.set(name, { shape, data: Array.from(await read(), Number) });
  return { ...file, values };
}

describe("a checkpoint of torch.save", () => {
  it("is read as torch wrote it: dtypes, strides, shared storages", async () => {
    const { values, notes, warnings } = await readAll(readFileSync(fixture));
    expect(Object.fromEntries(values)).toEqual({
      weight: { shape: [2, 3], data: [0, 1, 2, 3, 4, 5] },
      transposed: { shape: [3, 2], data: [0, 3, 1, 4, 2, 5] },
      column: { shape: [2], data: [1, 4] },
      expanded: { shape: [2, 2], data: [7, 7, 7, 7] },
      half: {
        shape: [3],
        data: [1.5, -2, 0.0999755859375],
      },
      bfloat16: { shape: [2], data: [1.5, -2] },
      double: { shape: [2], data: [0.1, 1e300] },
      long: { shape: [], data: [42] },
      bool: { shape: [2], data: [1, 0] },
      ["__proto__"]: { shape: [1], data: [9] },
      empty: { shape: [0, 3], data: [] },
    });
    expect(notes).toEqual([
      "The tensors are those of the file's `state_dict`.",
      "`module.` was taken off the names (DataParallel).",
    ]);
    expect(warnings).toEqual([]);
    expect(Object.prototype).not.toHaveProperty("shape");
  });

  it("is refused when it is cut off or a byte of its pickle is flipped", async () => {
    const bytes = readFileSync(fixture);
    await expect(readAll(bytes.subarray(0, bytes.length * 0.6))).rejects.toThrow("truncated");
    const flipped = Uint8Array.from(bytes);
    const at = Buffer.from(bytes).indexOf("transposed");
    flipped[at] = "x".charCodeAt(0);
    await expect(readAll(flipped)).rejects.toThrow("CRC-32");
  });
});

describe("a checkpoint of an older torch", () => {
  it("is read as well", async () => {
    const { values } = await readAll(legacyFile(new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]])));
    expect([...values.values()]).toEqual([{ shape: [2], data: [1, 2] }]);
  });
});

describe("a safetensors file", () => {
  it("is not taken for a pickle by the length of its header", async () => {
    const tensors = new Map([["a".repeat(72), { shape: [1], data: Float32Array.of(5) }]]);
    const bytes = writeSafetensors(tensors);
    expect(bytes[0]).toBe(0x80);
    const { values } = await readAll(bytes);
    expect([...values.values()]).toEqual([{ shape: [1], data: [5] }]);
  });
});
