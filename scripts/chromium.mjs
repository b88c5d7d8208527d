import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runNode, runProgram } from "./process.mjs";

const systemChromium = "/usr/bin/chromium";

/** Debian itself: Ubuntu's package of the same name is a stub that wants snap. */
function isDebian() {
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

async function installDebianChromium() {
  console.error("Installing Debian's chromium for the browser tests …");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const update = await runProgram("apt-get", ["update", "-q"], { env, stdout: "stderr" });
  const packages = ["chromium", "fonts-dejavu-core"];
  const install = await runProgram("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], {
    env,
    stdout: "stderr",
  });
  if (install.code === 0 && existsSync(systemChromium)) return;
  throw new Error(
    `"apt-get install chromium" failed (update: exit code ${update.code}, install: ${install.code}); its message is ` +
      `above. Install a Chromium by hand and name it: SIO_CHROMIUM=/path/to/chromium npm test`,
  );
}

async function installPlaywrightChromium() {
  console.error("Downloading Playwright's Chromium for the browser tests (once) …");
  const playwright = createRequire(import.meta.url).resolve("playwright-core/package.json");
  const { code } = await runNode(join(dirname(playwright), "cli.js"), ["install", "--no-shell", "chromium"], {
    stdout: "stderr",
  });
  if (code === 0) return;
  throw new Error(
    `Playwright could not install its Chromium (exit code ${code}); its message is above. ` +
      `Install a Chromium by hand and name it: SIO_CHROMIUM=/path/to/chromium npm test`,
  );
}

/**
 * Makes sure that there is a Chromium for the tests: the one SIO_CHROMIUM names, else the system's, else Debian's
 * package where we may install it, else Playwright's own. chromium.config.ts finds it again by the same rule.
 */
export async function ensureChromium() {
  const named = process.env.SIO_CHROMIUM;
  if (named) {
    if (existsSync(named)) return;
    throw new Error(`SIO_CHROMIUM names ${named}, which does not exist. Correct the path or unset the variable.`);
  }
  if (existsSync(systemChromium)) return;
  if (process.getuid?.() === 0 && isDebian()) await installDebianChromium();
  else await installPlaywrightChromium();
}
