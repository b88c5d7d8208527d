import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { alone } from "./lock.mjs";
import { inRoot } from "./paths.mjs";
import { runNode, runProgram } from "./process.mjs";

const oldestNode = 20;
const stampFile = inRoot("node_modules", ".sio-installed");

/** Throws where this Node is too old to run the project. */
export function assertNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= oldestNode) return;
  throw new Error(
    `This is Node ${process.versions.node}; the SIO Workbench needs Node ${oldestNode} or newer. ` +
      `Install a current Node, then run the same command again.`,
  );
}

/** What an installation depends on: the lock file, the platform and the Node release. */
function installKey() {
  const hash = createHash("sha256");
  hash.update(readFileSync(inRoot("package-lock.json")));
  hash.update(`${process.platform} ${process.arch} node ${process.versions.node.split(".")[0]}`);
  return hash.digest("hex");
}

/** npm's own JavaScript: the one that runs us, else the one beside this Node; null where there is neither. */
function npmScript() {
  const running = process.env.npm_execpath;
  if (running && /npm-cli\.[cm]?js$/.test(running) && existsSync(running)) return running;
  const bin = dirname(realpathSync(process.execPath));
  const candidates = [
    join(bin, "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "..", "share", "nodejs", "npm", "bin", "npm-cli.js"),
  ];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** True where node_modules holds what the lock file asks for, on this platform. */
export function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === installKey();
}

async function install() {
  console.error("Installing the packages of package-lock.json (about a minute) …");
  // Development packages are needed to build, whatever NODE_ENV says.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { minutes: 20, stdout: "stderr" };
  const script = npmScript();
  const { code, timedOut } = script ? await runNode(script, args, options) : await runProgram("npm", args, options);
  if (code !== 0) {
    throw new Error(
      `"npm ci" ${timedOut ? "did not finish in 20 minutes" : `failed with exit code ${code}`}; its message is above. ` +
        `Check the network and the free disk space (about 700 MB), then run the same command again.`,
    );
  }
  writeFileSync(stampFile, installKey());
}

/** Brings node_modules in line with the lock file. Its output goes to standard error. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await alone("installing", async () => {
    // Another process may have installed while this one waited.
    if (!isInstalled()) await install();
  });
}
