import { describe, expect, test } from "vitest";
import { type HelperPort, Helpers } from "./helpers.ts";
import { openNodeDenseKernels, spawnNodeHelper } from "./node/open.ts";
import { normals } from "./testing/matrices.ts";
import { WasmDenseKernels } from "./wasmKernels.ts";

const build = new URL("./build/", import.meta.url);

async function moduleOf(): Promise<WebAssembly.Module> {
  const { readFile } = await import("node:fs/promises");
  return WebAssembly.compile(await readFile(new URL("simd.wasm", build)));
}

/** Kernels on two threads whose helpers the test can end. */
async function watched(): Promise<{ kernels: WasmDenseKernels; ports: HelperPort[]; ended: Promise<void>[] }> {
  const ports: HelperPort[] = [];
  const ended: Promise<void>[] = [];
  const kernels = new WasmDenseKernels("simd", 2, await moduleOf(), () => {
    const port = spawnNodeHelper(new URL("kernelThread.mjs", build));
    ports.push(port);
    ended.push(new Promise((resolve) => port.onCrash(() => resolve())));
    return port;
  });
  return { kernels, ports, ended };
}

const rows = normals("big", 4000 * 128);

describe("the threads beside the calling one", () => {
  test("start with the first call that is worth a message", async () => {
    const { kernels, ports } = await watched();
    await kernels.rowMaxima(rows.subarray(0, 1000), 10);
    expect(ports).toHaveLength(0);
    await kernels.scatter(rows, 128, new Float64Array(128));
    expect(ports).toHaveLength(1);
    kernels.dispose();
  });

  test("one that dies rejects the call it was needed for, and every later one", async () => {
    const { kernels, ports } = await watched();
    const bank = await kernels.openBank(rows, 128);
    const search = bank.kthSquaredDistances(rows, 50);
    await new Promise((resolve) => setTimeout(resolve, 20));
    ports[0]?.terminate();
    await expect(search).rejects.toThrow("Kernel thread 2 of 2 crashed: it ended with code");
    await expect(kernels.scatter(rows, 128, new Float64Array(128))).rejects.toThrow("it ended with code");
    await expect(kernels.rowMaxima(rows, 128)).rejects.toThrow("it ended with code");
  });

  test("end when the kernels are disposed of, and the calls under way with them", async () => {
    const { kernels, ended } = await watched();
    const bank = await kernels.openBank(rows, 128);
    const search = bank.kthSquaredDistances(rows, 50);
    await new Promise((resolve) => setTimeout(resolve, 20));
    kernels.dispose();
    await expect(search).rejects.toThrow("These kernels were disposed.");
    await Promise.all(ended);
    await expect(kernels.rowMaxima(rows, 128)).rejects.toThrow("These kernels were disposed.");
  });

  test("report a kernel that fails", async () => {
    const helpers = new Helpers(1, () => spawnNodeHelper(new URL("kernelThread.mjs", build)));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const module = await moduleOf();
    await helpers.all(() => ({ order: "open", space: 1, module, memory }));
    const task = { calls: [{ kernel: "rowMaxima", args: [65_000, 1000, 0] }], items: 50, chunk: 50 };
    await expect(helpers.all(() => ({ order: "run", space: 1, task }))).rejects.toThrow(
      "Kernel thread 2 of 2 failed: memory access out of bounds.",
    );
  });

  test("cannot be asked for where none can be started", async () => {
    const module = await moduleOf();
    expect(() => new WasmDenseKernels("simd", 2, module, null)).toThrow("2 kernel threads were asked for");
    expect(() => new WasmDenseKernels("simd", 0, module, null)).toThrow("from 1 to 64, not 0");
  });

  test("calls that overlap give what each gives alone", async () => {
    const kernels = await openNodeDenseKernels({ reproducible: true, threads: 2 });
    const bank = await kernels.openBank(rows, 128);
    const calls = [
      () => kernels.scatter(rows, 128, new Float64Array(128)),
      () => bank.kthSquaredDistances(rows.subarray(0, 300 * 128), 5),
      () => kernels.softmax(rows, 128),
      () => bank.kthSquaredDistances(rows.subarray(128), 1),
    ];
    const together = await Promise.all(calls.map((call) => call()));
    for (const [i, call] of calls.entries()) expect((await call()).join() === together[i]?.join()).toBe(true);
    kernels.dispose();
  });
});
