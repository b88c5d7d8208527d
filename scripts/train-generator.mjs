// npm run train-generator -- --kind ddpm|vae [options]: trains one of the generators that ship with the app.
//
// Node 20 cannot run TypeScript, so the command is bundled first, into a folder of this run (a second).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { buildKernels } from "./build.mjs";
import { inRoot, root } from "./paths.mjs";

const scratch = inRoot(".cache", "train-generator", `${process.pid}`);
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

await buildKernels();
await build({
  configFile: false,
  root,
  publicDir: false,
  logLevel: "error",
  build: {
    ssr: true,
    outDir: scratch,
    target: "node20",
    minify: false,
    rolldownOptions: {
      input: { main: inRoot("src", "generators", "training", "node", "main.ts") },
      output: { entryFileNames: "[name].mjs" },
    },
  },
  ssr: { target: "node", noExternal: true },
});
const { main } = await import(pathToFileURL(join(scratch, "main.mjs")).href);
process.exit(await main(process.argv.slice(2), pathToFileURL(`${root}/`)));
