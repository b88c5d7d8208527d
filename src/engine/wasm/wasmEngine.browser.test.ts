import { afterEach, describe, expect, it } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine } from "../network.ts";
import { createBrowserWasmEngine } from "./browser.ts";
import { EXPECTED_TEST_LOSSES, testLosses } from "./testRun.ts";

const open: Engine[] = [];
afterEach(() => {
  for (const engine of open.splice(0)) engine.dispose();
});

async function browserEngine(threads: number, reproducible: boolean): Promise<Engine> {
  const engine = await createBrowserWasmEngine({ threads, reproducible }, "");
  open.push(engine);
  return engine;
}

describe("the WebAssembly engine in a browser", () => {
  it("runs in an isolated page", () => {
    expect(globalThis.crossOriginIsolated).toBe(true);
  });

  it.each([1, 2])("trains to Node's losses, bit for bit, with %i threads", async (threads) => {
    const engine = await browserEngine(threads, true);
    expect(engine.backend).toMatchObject({ name: "wasm-simd", threads });
    expect(await testLosses(engine, crossEntropy)).toEqual(EXPECTED_TEST_LOSSES);
  });

  it("trains within rounding of them with relaxed SIMD", async () => {
    const engine = await browserEngine(2, false);
    expect(engine.backend.name).toBe("wasm-relaxed");
    const losses = await testLosses(engine, crossEntropy);
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - (EXPECTED_TEST_LOSSES[i] as number)), `step ${i + 1}`).toBeLessThan(2e-4);
    });
  });
});
