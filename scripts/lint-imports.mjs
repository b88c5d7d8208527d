// Checks the directions of imports that rooms.mjs states. First it proves on planted files that it catches what it
// is there for: a linter that reads no module also finds no fault.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { importRules } from "./import-rules.mjs";
import { inRoot, root } from "./paths.mjs";

const fewestModules = 60;
const notRooms = "src/engine/[^/]+/(assembly|build)/";

/** The violations and the number of modules that dependency-cruiser sees below `folder`. */
async function inspect(folder, entries) {
  const { output } = await cruise(
    entries,
    {
      baseDir: folder,
      validate: true,
      ruleSet: { forbidden: importRules() },
      tsPreCompilationDeps: true,
      // cli/ is a workspace of this package and declares nothing of its own.
      combinedDependencies: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: notRooms },
      moduleSystems: ["es6"],
      detectJSDocImports: false,
    },
    {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      mainFields: ["module", "types", "main"],
    },
    { tsConfig: extractTSConfig(inRoot("tsconfig.base.json")) },
  );
  return {
    violations: output.summary.violations,
    modules: output.modules.filter(({ source }) => /^(src|workers|cli)\//.test(source)).length,
  };
}

/** One fault per rule that matters and the rule that must name it; null = only there to be imported. */
const planted = [
  { file: "src/study/up.ts", text: 'export { b } from "../engine/b.ts";', rule: "study-looks-up" },
  {
    file: "src/networks/value.ts",
    text: 'import { b } from "../engine/b.ts"; export const v = b;',
    rule: "networks-types-only",
  },
  { file: "src/engine/b.ts", text: 'import "./c.ts"; export const b = 1;', rule: "no-cycle" },
  { file: "src/engine/c.ts", text: 'import type { b } from "./b.ts"; export type C = typeof b;', rule: null },
  { file: "src/data/tensors.ts", text: 'import "@tensorflow/tfjs-core";', rule: "package--tensorflow-" },
  {
    file: "src/runs/page.ts",
    text: 'import type { FC } from "react"; export type Page = FC;',
    rule: "package--react-react-dom-mantine-recharts-uplot-wouter-zustand-",
  },
  { file: "src/data/disk.ts", text: 'import "node:fs";', rule: "node-only-where-named" },
  { file: "src/data/node/disk.ts", text: "export const d = 1;", rule: null },
  { file: "src/data/viaNode.ts", text: 'import "./node/disk.ts";', rule: "node-files-stay-in-node" },
  { file: "src/cellar/wine.ts", text: 'import "../study/up.ts";', rule: "no-unknown-room" },
  { file: "src/data/lost.ts", text: 'import "./nowhere.ts";', rule: "found" },
];

const faults = planted.filter(({ rule }) => rule !== null);

async function proveRules() {
  mkdirSync(inRoot(".cache"), { recursive: true });
  // Inside the root, so that the packages resolve as they do for real files.
  const folder = mkdtempSync(inRoot(".cache", "planted-"));
  try {
    for (const { file, text } of planted) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const { violations } = await inspect(folder, ["src"]);
    const caught = (file, rule) => violations.some((found) => found.rule.name === rule && found.from === file);
    const missed = faults.filter(({ file, rule }) => !caught(file, rule));
    if (missed.length > 0) {
      const list = missed.map(({ file, rule }) => `${rule} in ${file}`).join(", ");
      throw new Error(`The import lint no longer catches planted faults: ${list}.`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await proveRules();
const { violations, modules } = await inspect(root, ["src", "workers", "cli"]);
if (modules < fewestModules) {
  throw new Error(
    `The import lint saw ${modules} modules, fewer than ${fewestModules}: it is not reading the sources.`,
  );
}
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`);
console.log(`imports: ${modules} modules, ${violations.length} violations, ${faults.length} planted faults caught`);
if (violations.length > 0) {
  console.error("Who may import whom stands in scripts/rooms.mjs.");
  process.exitCode = 1;
}
