import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Debian's Chromium brings a software Vulkan driver and the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

/**
 * Runs this command anew where `--software` asks for a software GPU in Node: the Vulkan loader reads its variables
 * only when a process starts. Resolves with the exit code, or null where this process is to go on itself.
 *
 * @param {string[]} args
 * @returns {number | null}
 */
export function underSoftwareGpu(args) {
  const wanted = args.includes("--software") && !args.includes("--browser");
  if (!wanted || process.env.VK_ICD_FILENAMES || !existsSync(driver)) return null;
  const variables = { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium };
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    stdio: "inherit",
    env: { ...process.env, ...variables },
  });
  return status ?? 1;
}
