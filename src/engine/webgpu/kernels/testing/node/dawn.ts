import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GpuKernel, KernelLimits } from "../../kernel.ts";

/** Debian's Chromium brings a software Vulkan driver and the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

/** A GPU for tests, in a process of its own. One dispatch at a time. */
export interface TestGpu {
  readonly limits: KernelLimits;
  /**
   * Dispatches `kernel` once for a batch of n on copies of `buffers`, in the order of its bindings, and returns what
   * the buffers it writes hold then; null for the others. Rejects with Dawn's words if the kernel is invalid.
   */
  run(kernel: GpuKernel, n: number, buffers: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>;
  close(): void;
}

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
      const request = { code: kernel.code, bindings, workgroups: kernel.workgroups(n) };
      const { buffers: written, error } = await answer<{ buffers?: (Uint8Array | null)[]; error?: string }>(child, () =>
        child.send(request),
      );
      if (written) return written;
      throw new Error(`${kernel.label}: ${error}\n${kernel.code}`);
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
