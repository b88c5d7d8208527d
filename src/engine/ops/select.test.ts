import { describe, expect, it } from "vitest";
import type { BackendRequest } from "../backend.ts";
import { BackendRefused, NoBackend } from "../selectErrors.ts";
import { plainOps } from "./plain/plainOps.ts";
import { chooseOps, type OpsMakers } from "./select.ts";

const request: BackendRequest = { backend: "auto", threads: 0, reproducible: false, allowSoftware: true };

function makers(asked: string[], refused: readonly string[] = []): OpsMakers {
  const ask = (kind: string, allowSoftware: boolean) => {
    asked.push(`${kind} ${allowSoftware}`);
    if (refused.includes(kind)) throw new BackendRefused(`no ${kind} here.`);
    return plainOps();
  };
  return {
    webgpu: async ({ allowSoftware }) => ({ ops: ask("webgpu", allowSoftware), adapter: "acme", software: false }),
    wasm: async ({ allowSoftware }) => ask("wasm", allowSoftware),
    cpu: () => ask("cpu", false),
  };
}

describe("chooseOps", () => {
  it("takes WebGPU on hardware first, and no software adapter by itself", async () => {
    const asked: string[] = [];
    const { adapter, reason } = await chooseOps(request, makers(asked));
    expect(asked).toEqual(["webgpu false"]);
    expect({ adapter, reason }).toEqual({ adapter: "acme", reason: "" });
  });

  it("says why it is WebAssembly", async () => {
    const asked: string[] = [];
    const { adapter, reason } = await chooseOps(request, makers(asked, ["webgpu"]));
    expect(asked).toEqual(["webgpu false", "wasm false"]);
    expect({ adapter, reason }).toEqual({ adapter: "", reason: "WebGPU: no webgpu here; using WebAssembly." });
  });

  it.each([
    ["webgpu", "webgpu true"],
    ["tape", "webgpu true"],
    ["wasm", "wasm true"],
    ["cpu", "cpu false"],
  ] as const)("takes nothing else where %s is asked for", async (backend, only) => {
    const asked: string[] = [];
    await chooseOps({ ...request, backend }, makers(asked));
    expect(asked).toEqual([only]);
    const refused: string[] = [];
    const all = makers(refused, ["webgpu", "wasm", "cpu"]);
    await expect(chooseOps({ ...request, backend }, all)).rejects.toThrow(NoBackend);
    expect(refused).toEqual([only]);
  });

  it("rejects with every refusal where nothing is left", async () => {
    await expect(chooseOps(request, makers([], ["webgpu", "wasm"]))).rejects.toThrow(
      "No device can compute generators here. WebGPU: no webgpu here; WebAssembly: no wasm here. Use a current",
    );
  });

  it("passes on the failure of what it chose", async () => {
    const opened = await chooseOps({ ...request, backend: "cpu" }, makers([]));
    expect(opened.failure).toBeNull();
    opened.dispose();
    expect(opened.failure).toBe(opened.ops.failure);
  });
});
