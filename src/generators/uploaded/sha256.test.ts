import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Sha256 } from "./sha256.ts";

describe("Sha256", () => {
  it("is Node's for every length around a block, in any pieces", () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 37 + 11) & 255);
    for (let length = 0; length <= bytes.length; length++) {
      const hash = new Sha256();
      for (let at = 0, piece = 1; at < length; at += piece, piece = (piece * 5) % 71) {
        hash.add(bytes.subarray(at, Math.min(length, at + piece)));
      }
      const expected = createHash("sha256").update(bytes.subarray(0, length)).digest("hex");
      expect(hash.hex(), `${length} bytes`).toBe(expected);
    }
  });
});
