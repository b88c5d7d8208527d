// Finds calls that break reproducibility or block a thread. Reads the syntax tree, so comments and strings may name
// them. First it proves on planted code that each ban is caught.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { inRoot } from "./paths.mjs";

const roots = ["src", "workers", "cli"];
const fewestFiles = 60;
const seeded = "draw from src/random/stream.ts under a named purpose";

/** Banned wherever the name is used: as an import, a member or a call. */
const names = new Map([
  ["dataSync", "it blocks the thread and fails on WebGPU; await data()"],
  ["arraySync", "it blocks the thread and fails on WebGPU; await array()"],
  ["setMomentum", "it is wrong in stock tfjs; make a new optimiser"],
  ["multinomial", seeded],
  ["randomNormal", seeded],
  ["randomUniform", seeded],
  ["randomUniformInt", seeded],
  ["randomGamma", seeded],
  ["randomStandardNormal", seeded],
  ["truncatedNormal", seeded],
]);

/** Banned as a member of one object only. */
const members = new Map([
  ["Math.random", seeded],
  ["util.shuffle", seeded],
  ["util.shuffleCombo", seeded],
  ["tf.rand", seeded],
]);

/** Whether an identifier is only the name of something the file itself declares, such as an object's own key. */
function isOwnName(node) {
  const { parent } = node;
  return (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) && parent.name === node;
}

function bannedAt(node) {
  if (ts.isPropertyAccessExpression(node)) {
    const object = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const member = `${object.getText()}.${node.name.text}`;
    if (members.has(member)) return { name: member, reason: members.get(member) };
  }
  if (ts.isIdentifier(node) && names.has(node.text) && !isOwnName(node)) {
    return { name: node.text, reason: names.get(node.text) };
  }
  return null;
}

/** Every banned use in one source text, as `line: message`. */
function findBans(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const found = [];
  const visit = (node) => {
    const ban = bannedAt(node);
    if (ban) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${path}:${line + 1}: ${ban.name} is banned: ${ban.reason}.`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function proveBans() {
  const planted = [
    ...[...names.keys()].map((name) => `x.${name}();`),
    ...[...members.keys()].map((name) => `${name}();`),
  ];
  const missed = planted.filter((text) => findBans("planted.ts", text).length === 0);
  const innocent = findBans("innocent.ts", '// Math.random\nconst text = "dataSync";');
  if (missed.length > 0 || innocent.length > 0) {
    throw new Error(
      `The ban lint is broken: missed ${missed.join(" ") || "nothing"}, blamed ${innocent.length} comments.`,
    );
  }
}

/** Sources that a bundle may hold: no tests, no AssemblyScript. */
function sources() {
  return roots
    .flatMap((top) =>
      readdirSync(inRoot(top), { recursive: true }).map((file) => join(top, file).replaceAll("\\", "/")),
    )
    .filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !/engine\/wasm\/(assembly|build)\//.test(file),
    );
}

/** No barrel files: a reader follows an import to the code itself. */
const barrels = (files) => files.filter((file) => /(^|\/)index\.tsx?$/.test(file));

proveBans();
const files = sources();
if (files.length < fewestFiles) {
  throw new Error(`The ban lint saw ${files.length} files, fewer than ${fewestFiles}: it is not reading the sources.`);
}
const found = [
  ...files.flatMap((file) => findBans(file, readFileSync(inRoot(file), "utf8"))),
  ...barrels(files).map((file) => `${file}: no barrel files; name the file after what it holds.`),
];
for (const line of found) console.error(line);
console.log(
  `bans: ${files.length} files, ${found.length} violations, ${names.size + members.size} planted faults caught`,
);
if (found.length > 0) process.exitCode = 1;
