// node bench/calibrate-shapes.mjs [level …]: how far each level of the simulated generator falls below the real set.
//
// Trains on the pool alone (α = 0) by the quick preset, and once on the real images (α = 1), and prints accuracy on
// ID-val. Nothing else is read from the results: the knobs are never judged by AUROC. One seed, which no study uses.
// About 90 s a level on two cores; a second call goes on where the first was cut off.
import { mkdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../scripts/build.mjs";
import { inRoot } from "../scripts/paths.mjs";

const seed = 100;
const asked = process.argv.slice(2);
const levels = asked.length > 0 ? asked : ["1", "2", "3", "4", "5", "6", "7"];
const unknown = levels.find((level) => !/^[1-7]$/.test(level));
if (unknown !== undefined) throw new Error(`The levels are 1 … 7, not "${unknown}".`);

const folder = inRoot(".cache", "calibration");
const studyFile = `${folder}/study-${levels.join("")}.json`;

async function step(main, args) {
  const code = await main(args);
  if (code !== 0) throw new Error(`sio ${args[0]} ended with exit code ${code}.`);
}

function validationAccuracy(id) {
  const { history } = JSON.parse(readFileSync(`${folder}/out/cells/${id}/manifest.json`, "utf8"));
  return 100 * history.at(-1).valAccuracy;
}

await ensureBuilt("cli");
const { main } = await import(pathToFileURL(inRoot("dist-cli", "main.js")).href);
mkdirSync(folder, { recursive: true });
await step(main, [
  ...["study", "--benchmark", "shapes", "--preset", "quick", "--no-predict", "--alpha", "0", "--seeds", `${seed}`],
  ...levels.flatMap((level) => ["--generator", `simulated-${level}`]),
  ...["--name", "Calibration of the simulated generator", "--out", studyFile],
]);
await step(main, ["run", studyFile, "--out", `${folder}/out`, "--backend", "wasm", "--reproducible"]);

const { cells } = JSON.parse(readFileSync(studyFile, "utf8"));
for (const { id, generator, alpha } of cells) {
  console.log(`${generator ?? "real"}\tα = ${alpha}\tID-val accuracy ${validationAccuracy(id).toFixed(1)} %`);
}
process.exit(0);
