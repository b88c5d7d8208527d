import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { KernelLimits } from "../../kernel.ts";
import type { TestGpu } from "../testGpu.ts";

/** Debian's Chromium brings a software Vulkan driver and the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

/** The software GPU where there is one, else whatever GPU Dawn finds; null without any. */
export async function openTestGpu(): Promise<TestGpu | null> {
  const software = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: "/tmp" };
  const child = fork(fileURLToPath(new URL("dawnProcess.mjs", import.meta.url)), {
    env: { ...process.env, ...(existsSync(driver) ? software : {}) },
    execArgv: [],
    serialization: "advanced",
  });
  const greeting = await answer<{ adapter: string | null; limits: KernelLimits }>(child, () => {});
  if (greeting.adapter === null) {
    child.kill();
    return null;
  }
  return {
    limits: greeting.limits,
    close: () => child.kill(),
    async run(kernel, n, buffers) {
      const bindings = kernel.bindings.map(({ access }, index) => ({ access, data: buffers[index] }));
      const { shape } = kernel;
      if (shape.length > 0) bindings.push({ access: "uniform", data: new Uint8Array(Uint32Array.from(shape).buffer) });
      const request = { code: kernel.code, bindings, workgroups: kernel.workgroups(n) };
      const { buffers: written, error } = await answer<{ buffers?: (Uint8Array | null)[]; error?: string }>(child, () =>
        child.send(request),
      );
      if (written) return written;
      throw new Error(`${kernel.label}: ${error}`);
    },
  };
}

function answer<T>(child: ChildProcess, ask: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`The process with the GPU ended: ${child.signalCode ?? child.exitCode}.`));
    if (child.exitCode !== null || child.signalCode !== null) {
      ended();
      return;
    }
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
    ask();
  });
}
