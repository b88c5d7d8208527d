import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Debian's Chromium brings a software Vulkan driver and the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

/** A process in which this project runs on Dawn. One call at a time. */
export interface DawnProcess {
  /** Calls a function that `module`, a path from the project's root, exports; rejects with its error's text. */
  run<T>(module: string, name: string, ...parameters: unknown[]): Promise<T>;
  close(): void;
}

/** On the software GPU where there is one, else on whatever GPU Dawn finds; null without any. */
export async function openDawn(): Promise<DawnProcess | null> {
  const software = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: "/tmp" };
  const child = fork(fileURLToPath(new URL("dawnChild.mjs", import.meta.url)), {
    env: { ...process.env, ...(existsSync(driver) ? software : {}) },
    execArgv: [],
    serialization: "advanced",
  });
  const { adapter } = await answer<{ adapter: string | null }>(child, () => {});
  if (adapter === null) {
    child.kill("SIGKILL");
    return null;
  }
  return {
    async run<T>(module: string, name: string, ...parameters: unknown[]) {
      const send = () => child.send({ module, name, parameters });
      const { result, error } = await answer<{ result?: T; error?: string }>(child, send);
      if (error !== undefined) throw new Error(error);
      return result as T;
    },
    // Dawn's threads do not end on a polite signal.
    close: () => child.kill("SIGKILL"),
  };
}

function answer<T>(child: ChildProcess, ask: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`The process with the GPU ended with code ${code}.`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
    ask();
  });
}
