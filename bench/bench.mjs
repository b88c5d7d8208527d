// npm run bench -- [options]: our engine and its peers side by side, in one run. See docs/bench.md or --help.
//
// Node 20 cannot run TypeScript, so the harness is bundled first, into a folder of this run (a second).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { buildKernels } from "../scripts/build.mjs";
import { alone } from "../scripts/lock.mjs";
import { inRoot, root } from "../scripts/paths.mjs";
import { serveFolder } from "../scripts/static-server.mjs";
import { underSoftwareGpu } from "./softwareGpu.mjs";

const args = process.argv.slice(2);
const code = underSoftwareGpu(args);
if (code !== null) process.exit(code);

const scratch = inRoot(".cache", "bench", `${process.pid}`);
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

async function bundle() {
  const outDir = join(scratch, "node");
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: "error",
    build: {
      ssr: true,
      outDir,
      target: "node20",
      minify: false,
      rolldownOptions: {
        input: { main: inRoot("bench", "main.ts") },
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
      },
    },
    // tfjs from its ES modules, because its entries for Node leave the gradients out.
    ssr: { target: "node", noExternal: true, external: ["webgpu", "assemblyscript", "@playwright/test", "vite"] },
  });
  return import(pathToFileURL(join(outDir, "main.mjs")).href);
}

const { main } = await bundle();
process.exitCode = await main(args, {
  root: pathToFileURL(`${root}/`),
  scratch: pathToFileURL(`${scratch}/`),
  buildKernels: () => alone("building", () => buildKernels("stderr")),
  serveFolder,
});
// Dawn and kernel threads keep Node alive.
process.exit();
