import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Stream } from "../random/stream.ts";
import { bytesSource } from "./byteSource.ts";
import { openCheckpoint } from "./openCheckpoint.ts";
import { writeSafetensors } from "./safetensors.ts";
import { legacyFile } from "./testing/legacyFile.ts";
import type { Tensor } from "./testing/pickleParts.ts";
import { styleganFile } from "./testing/styleganFile.ts";
import { torchFile } from "./testing/torchFile.ts";

const TRIALS = 400;
const state = new Map<string, Tensor>([
  ["mapping.fc0.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["synthesis.b4.const", { shape: [2], data: Float32Array.of(-1, 0.5) }],
  ["steps", { shape: [1], data: BigInt64Array.of(7n) }],
]);
const floats = new Map([...state].map(([name, { shape, data }]) => [name, { shape, data }]));

const files: [string, Uint8Array][] = [
  ["model.pth", torchFile(state, "state_dict")],
  ["old.pth", legacyFile(state)],
  ["network.pkl", styleganFile({ G_ema: { className: "Generator", tensors: state } })],
  ["model.safetensors", writeSafetensors(floats, { arch: "none" })],
];

/** Opens and reads everything; gives the name of the error, or "read". */
async function outcome(name: string, bytes: Uint8Array): Promise<string> {
  try {
    const file = await openCheckpoint([{ name, source: bytesSource(bytes) }]);
    for (const one of file.tensors.values()) await one.read();
    return "read";
  } catch (error) {
    return error instanceof Error ? error.name : "no error at all";
  }
}

const expected = ["read", "CheckpointError", "SafetensorsError"];

describe.each(files)("%s with random damage", (name, bytes) => {
  it("is read as it is", async () => {
    expect(await outcome(name, bytes)).toBe("read");
  });

  it("is refused by a sentence where it is cut off", async () => {
    for (let length = 0; length < bytes.length; length++) {
      const found = await outcome(name, bytes.subarray(0, length));
      expect(expected.slice(1), `cut to ${length} bytes`).toContain(found);
    }
  });

  it("is read, or refused by a sentence, where bytes are flipped", async () => {
    for (let trial = 0; trial < TRIALS; trial++) {
      const stream = new Stream(trial, "damage");
      const damaged = Uint8Array.from(bytes);
      for (let k = stream.uint32() % 4; k >= 0; k--) damaged[stream.uint32() % bytes.length] = stream.uint32() & 255;
      expect(expected, `trial ${trial}`).toContain(await outcome(name, damaged));
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
  });
});

const golden = new URL("../../../shared/golden/generators/checkpoints/valid/", import.meta.url);

describe.skipIf(!existsSync(golden))("golden files with random damage", () => {
  it.each([
    "proto4.pth",
    "views_and_strides.pth",
    "views_and_strides_legacy.pth",
    "dtypes_legacy.pth",
    "network-G_ema-only.pkl",
  ])("%s", async (name) => {
    const bytes = readFileSync(new URL(name, golden));
    for (let trial = 0; trial < 150; trial++) {
      const stream = new Stream(trial, "damage");
      const damaged = Uint8Array.from(bytes);
      damaged[stream.uint32() % Math.min(bytes.length, 4000)] = stream.uint32() & 255;
      expect(expected, `trial ${trial}`).toContain(await outcome(name, damaged));
      const cut = bytes.subarray(0, stream.uint32() % bytes.length);
      expect(expected, `cut to ${cut.length} bytes`).toContain(await outcome(name, cut));
    }
  });
});
