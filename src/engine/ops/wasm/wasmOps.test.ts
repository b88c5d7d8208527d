import { describe } from "vitest";
import { openNodeImageOps } from "../node/open.ts";
import { opsContract } from "../opsContract.ts";

describe.each([
  ["simd", 1],
  ["simd", 2],
  ["relaxed", 1],
  ["relaxed", 2],
] as const)("operations on wasm-%s, %i threads", (variant, threads) => {
  opsContract(() => openNodeImageOps({ threads, reproducible: variant === "simd" }), 3e-6);
});
