import { describe } from "vitest";
import { opsContract } from "../opsContract.ts";
import { openWebGpuOps } from "./open.ts";

describe("image operations on WebGPU", () => {
  opsContract(async () => (await openWebGpuOps({ allowSoftware: true })).ops, 2e-6);
});
