#!/usr/bin/env node
// The `sio` command in a checkout: installs and builds what is missing, then runs the built command in this process.
// What it says on the way goes to standard error; standard output belongs to the command.
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "../../scripts/build.mjs";
import { assertNode, ensureInstalled } from "../../scripts/install.mjs";
import { inRoot } from "../../scripts/paths.mjs";

async function load() {
  try {
    assertNode();
    await ensureInstalled();
    await ensureBuilt("cli", "stderr");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  return import(pathToFileURL(inRoot("dist-cli", "main.js")).href);
}

const { main } = await load();
process.exitCode = await main(process.argv.slice(2));
