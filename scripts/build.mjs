import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { alone } from "./lock.mjs";
import { inRoot, root } from "./paths.mjs";
import { runNode } from "./process.mjs";

const shared = ["src", "workers", "package-lock.json", "tsconfig.base.json", "scripts/build-kernels.mjs"];

/** What can be built: from which files, by which Vite configuration, into what. */
const targets = {
  app: {
    sources: [...shared, "index.html", "public", "vite.config.ts"],
    without: /^$/,
    config: "vite.config.ts",
    made: "dist/index.html",
  },
  cli: {
    sources: [...shared, "cli", "vite.cli.config.ts"],
    without: /^src[\\/](app|rpc)[\\/]/,
    config: "vite.cli.config.ts",
    made: "dist-cli/main.js",
  },
};

/** Kernels are built from sources: what stands in these folders follows from the rest. */
const derived = ["wasm", "dense"].map((kernels) => join("src", "engine", kernels, "build"));

function* filesBelow(path) {
  if (derived.includes(path) || !existsSync(inRoot(path))) return;
  if (!statSync(inRoot(path)).isDirectory()) yield path;
  else for (const name of readdirSync(inRoot(path)).sort()) yield* filesBelow(join(path, name));
}

/** SHA-256 over the names and bytes of the target's sources; tests are left out. */
function sourceKey(target) {
  const hash = createHash("sha256");
  const { sources, without } = targets[target];
  for (const path of sources) {
    for (const file of filesBelow(path)) {
      if (without.test(file) || /\.test\.tsx?$/.test(file)) continue;
      hash.update(`${file}\0`).update(readFileSync(inRoot(file)));
    }
  }
  return hash.digest("hex");
}

const stampFile = (target) => inRoot(".cache", `built-${target}`);

/** True where the built files stem from the present sources. */
function isBuilt(target) {
  const stamp = stampFile(target);
  if (!existsSync(inRoot(targets[target].made)) || !existsSync(stamp)) return false;
  return readFileSync(stamp, "utf8") === sourceKey(target);
}

/** Runs one build step; throws with its exit code. Output goes to `stdout`. */
async function step(what, file, args, stdout) {
  const { code, timedOut } = await runNode(file, args, { minutes: 10, stdout });
  if (code !== 0)
    throw new Error(`${what} ${timedOut ? "did not finish in 10 minutes" : `failed with exit code ${code}`}.`);
}

/** Compiles the wasm kernels. */
export const buildKernels = (stdout = "stdout") => step("The kernel build", "scripts/build-kernels.mjs", [], stdout);

async function buildNow(target, stdout) {
  const key = sourceKey(target);
  rmSync(stampFile(target), { force: true });
  await buildKernels(stdout);
  const vite = inRoot("node_modules", "vite", "bin", "vite.js");
  await step(`Building the ${target}`, vite, ["build", "--config", targets[target].config], stdout);
  writeFileSync(stampFile(target), key);
}

/**
 * Builds the app into dist/ or the command into dist-cli/, kernels first.
 *
 * @param {"app" | "cli"} target
 * @param {"stdout" | "stderr"} [stdout] where the build's output goes
 */
export const build = (target, stdout = "stdout") => alone("building", () => buildNow(target, stdout));

/** Builds where the sources changed since; see build. */
export async function ensureBuilt(target, stdout = "stdout") {
  if (isBuilt(target)) return;
  await alone("building", async () => {
    // Another process may have built it while this one waited.
    if (!isBuilt(target)) await buildNow(target, stdout);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? root).href) {
  const target = process.argv[2] ?? "";
  try {
    if (!(target in targets))
      throw new Error(`scripts/build.mjs takes ${Object.keys(targets).join(" or ")}, not "${target}".`);
    await build(target);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
