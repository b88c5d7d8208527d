import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "./byteSource.ts";
import { writeSafetensors } from "./safetensors.ts";
import { openStateDict } from "./stateDict.ts";

const golden = new URL("../../../shared/golden/generators/checkpoints/", import.meta.url);
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

describe("a safetensors file", () => {
  it("is not taken for a pickle by the length of its header", async () => {
    const tensors = new Map([["a".repeat(72), { shape: [1], data: Float32Array.of(5) }]]);
    const bytes = writeSafetensors(tensors);
    expect(bytes[0]).toBe(0x80);
    const { values } = await readAll(bytes);
    expect([...values.values()]).toEqual([{ shape: [1], data: [5] }]);
  });
});

interface HostileFile {
  readonly file: string;
  readonly verdict: "ACCEPT" | "REJECT" | "ACCEPT_WITH_WARNING";
  readonly alternatives?: readonly string[];
  readonly error_should_mention: readonly string[];
  readonly bind?: unknown;
}

describe.skipIf(!existsSync(golden))("the golden checkpoints", () => {
  const manifest = existsSync(golden)
    ? JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8"))
    : { hostile: [], valid: [] };
  // Those with a `bind` parse; what they are refused for is the generator that they claim to be.
  const hostile = (manifest.hostile as HostileFile[]).filter(({ bind }) => bind === undefined);

  it.each(hostile.map((entry): [string, HostileFile] => [entry.file, entry]))("%s", async (_, entry) => {
    const bytes = readFileSync(new URL(entry.file, golden));
    const allowed = [entry.verdict, ...(entry.alternatives ?? [])];
    const outcome = await readAll(bytes).catch((error: unknown) => error as Error);
    if (outcome instanceof Error) {
      expect(["CheckpointError", "SafetensorsError"]).toContain(outcome.name);
      // Formats that are not read yet are refused as such, whatever is wrong with them besides.
      const unread = /bare Python pickle|Not a safetensors file/.test(outcome.message);
      if (!unread) expect(allowed, outcome.message).toContain("REJECT");
      if (!unread && entry.verdict === "REJECT") {
        for (const pattern of entry.error_should_mention) expect(outcome.message).toMatch(new RegExp(pattern, "i"));
      }
    } else {
      const verdict = outcome.warnings.length > 0 ? "ACCEPT_WITH_WARNING" : "ACCEPT";
      expect(allowed).toContain(verdict);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
  });

  interface ValidFile {
    readonly file: string;
    readonly format: string;
    readonly tensors: Readonly<Record<string, { shape: number[]; first4?: number[]; values?: string[] }>>;
  }
  const valid = (manifest.valid as ValidFile[]).filter(
    ({ file, format, tensors }) => typeof tensors === "object" && /^torch zip/.test(format) && !/whole/.test(file),
  );

  it.each(valid.map((entry): [string, ValidFile] => [entry.file, entry]))("%s", async (_, { file, tensors }) => {
    const { values } = await readAll(readFileSync(new URL(file, golden)));
    for (const [name, { shape, first4, values: all }] of Object.entries(tensors)) {
      const read = values.get(name) ?? values.get(name.replace(/^module\./, ""));
      expect(read?.shape, name).toEqual(shape);
      if (all)
        expect(read?.data.map(String), name).toEqual(
          all.map((text) =>
            String(text === "True" ? 1 : text === "False" ? 0 : Number(String(text).replace(/inf$/, "Infinity"))),
          ),
        );
      for (const [k, value] of (first4 ?? []).entries()) expect(read?.data[k], name).toBeCloseTo(value, 5);
    }
  });
});
