// What `npm start` and `npm test` run, with Node alone: installs what is missing, then hands over.
import { ensureChromium } from "./chromium.mjs";
import { assertNode, ensureInstalled } from "./install.mjs";

const [command, ...args] = process.argv.slice(2);

async function start() {
  await ensureInstalled();
  const { serveApp } = await import("./serve.mjs");
  await serveApp(args);
}

async function test() {
  await ensureInstalled();
  await ensureChromium();
  const { testAll } = await import("./test.mjs");
  process.exitCode = await testAll(args);
}

const commands = { start, test };

try {
  assertNode();
  const chosen = commands[command];
  if (!chosen) throw new Error(`scripts/door.mjs takes ${Object.keys(commands).join(" or ")}, not "${command ?? ""}".`);
  await chosen();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  // A test command that could not begin is a failed test, not a missing one.
  if (command === "test") console.log("0 passed, 1 failed, 0 skipped");
  process.exitCode = 1;
}
