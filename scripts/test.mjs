import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { build, buildKernels } from "./build.mjs";
import { inRoot } from "./paths.mjs";
import { runNode } from "./process.mjs";
import { noTotals, readPlaywright, readVitest } from "./test-reports.mjs";

const reports = inRoot(".cache", "reports");
const bin = (...parts) => inRoot("node_modules", ...parts);

/** A stage that is one test: it passes or throws. */
const check = (work) => async () => {
  await work();
  return { ...noTotals(), passed: 1 };
};

/** A stage that runs one program to exit code 0. */
const program = (minutes, file, ...args) =>
  check(async () => {
    const { code, timedOut } = await runNode(file, args, { minutes });
    if (code !== 0) throw new Error(timedOut ? `did not finish in ${minutes} minutes` : `exit code ${code}`);
  });

/** A stage of many tests: `read` takes the totals from the report that the runner left. */
const runner = (minutes, read, file, args, report, env) => async () => {
  rmSync(report, { force: true });
  const { code, timedOut } = await runNode(file, args, { minutes, env });
  if (timedOut) throw new Error(`did not finish in ${minutes} minutes`);
  const totals = read(report);
  if (code !== 0 && totals.failed === 0) {
    totals.failed = 1;
    totals.failures.push(`the runner ended with exit code ${code} although no test failed; see its output`);
  }
  if (code === 0 && totals.passed + totals.failed === 0) throw new Error("no test ran");
  return totals;
};

function vitest(project, minutes) {
  const report = `${reports}/${project}.json`;
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return runner(minutes, readVitest, bin("vitest", "vitest.mjs"), ["run", "--project", project, ...reporters], report);
}

/** A port that nothing listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const playwright = (minutes) => async () => {
  const report = `${reports}/e2e.json`;
  const env = { SIO_E2E_JSON: report, SIO_E2E_PORT: String(await freePort()) };
  return runner(minutes, readPlaywright, bin("@playwright", "test", "cli.js"), ["test"], report, env)();
};

/** In order; what comes later may use what an earlier one built. The limits are hang guards, not budgets. */
const stages = {
  kernels: check(() => buildKernels()),
  style: program(3, bin("@biomejs", "biome", "bin", "biome"), "check", "."),
  imports: program(3, "scripts/lint-imports.mjs"),
  bans: program(3, "scripts/lint-bans.mjs"),
  types: program(5, bin("typescript", "bin", "tsc"), "-b"),
  app: check(() => build("app")),
  cli: check(() => build("cli")),
  unit: vitest("unit", 25),
  browser: vitest("browser", 15),
  e2e: playwright(25),
};

async function runStage(name) {
  const began = performance.now();
  console.log(`\n── ${name} ${"─".repeat(60 - name.length)}`);
  let totals;
  try {
    totals = await stages[name]();
  } catch (error) {
    totals = { ...noTotals(), failed: 1, failures: [error.message] };
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return { name, seconds, ...totals, failures: totals.failures.map((failure) => `${name}: ${failure}`) };
}

/**
 * `npm test`: every check and test, each stage whatever became of the others.
 *
 * @param {string[]} names only these stages; all where empty
 * @returns {Promise<number>} exit code: 0 where nothing failed
 */
export async function testAll(names) {
  const unknown = names.find((name) => !(name in stages));
  if (unknown) throw new Error(`There is no stage "${unknown}". Choose among: ${Object.keys(stages).join(" ")}.`);
  mkdirSync(reports, { recursive: true });
  const results = [];
  for (const name of Object.keys(stages)) {
    if (names.length === 0 || names.includes(name)) results.push(await runStage(name));
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n── summary ${"─".repeat(53)}`);
  for (const { name, seconds, passed, failed, skipped } of results) {
    const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    console.log(`${failed > 0 ? "✗" : "✓"} ${name.padEnd(8)} ${counts.padEnd(42)} ${seconds.padStart(7)} s`);
  }
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ✗ ${failure}`).join("\n")}`);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  return sum("failed") > 0 ? 1 : 0;
}
