// `npm run example`: computes the example study that ships with the app and writes public/example/study.json.
// Takes about 40 minutes on two cores; a second call goes on where the first was cut off.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus } from "node:os";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./build.mjs";
import { inRoot } from "./paths.mjs";

const folder = inRoot(".cache", "example");
const studyFile = `${folder}/study.json`;
const target = inRoot("public", "example", "study.json");

/** The study, word for word as the command line takes it. */
const plan = [
  ...["study", "--benchmark", "shapes", "--preset", "quick", "--no-predict"],
  ...["--generator", "simulated-3", "--generator", "interpolation", "--pool", "20000"],
  ...["--alpha", "0,0.2,0.5,0.8", "--seeds", "0,1,2"],
  ...["--name", "Shapes, quick: simulated level 3 and interpolation", "--out", studyFile],
];

async function step(main, args) {
  const code = await main(args);
  if (code !== 0) throw new Error(`sio ${args[0]} ended with exit code ${code}.`);
}

/** The study and its finished cells, as src/app/session/example.ts reads them. */
function bundle(out) {
  const study = JSON.parse(readFileSync(studyFile, "utf8"));
  const summaries = study.cells.map(({ id }) => {
    const { study: _name, ...summary } = JSON.parse(readFileSync(`${out}/cells/${id}/manifest.json`, "utf8"));
    return summary;
  });
  const { backend, version, finished } = summaries.at(-1);
  const machine = `${backend.threads} threads on ${cpus()[0]?.model.trim() ?? arch()}`;
  const computedWith = `SIO Workbench ${version}, ${backend.name}, ${machine}, finished ${finished.slice(0, 10)}`;
  mkdirSync(inRoot("public", "example"), { recursive: true });
  writeFileSync(target, `${JSON.stringify({ study, computedWith, summaries })}\n`);
}

await ensureBuilt("cli");
const { main } = await import(pathToFileURL(inRoot("dist-cli", "main.js")).href);
mkdirSync(folder, { recursive: true });
await step(main, plan);
await step(main, ["run", studyFile, "--out", `${folder}/out`, "--backend", "wasm", "--reproducible"]);
bundle(`${folder}/out`);
console.log(`Wrote ${target}`);
process.exit(0);
