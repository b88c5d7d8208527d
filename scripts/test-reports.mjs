import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "./paths.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Totals */

/** @returns {Totals} */
export const noTotals = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** Totals of a Vitest JSON report; a file that fails before its first test counts as one failed test. */
export function readVitest(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  const totals = noTotals();
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    for (const test of file.assertionResults) {
      if (test.status === "passed") totals.passed++;
      else if (test.status === "failed") {
        totals.failed++;
        totals.failures.push(`${name} › ${test.fullName.trim()}`);
      } else totals.skipped++;
    }
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) {
      totals.failed++;
      totals.failures.push(`${name}: ${(file.message ?? "").split("\n")[0]}`);
    }
  }
  return totals;
}

/** Totals of a Playwright JSON report; an error outside every test counts as one failed test. */
export function readPlaywright(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  const totals = noTotals();
  const visit = (suite, trail) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === "skipped") totals.skipped++;
        else if (test.status === "expected") totals.passed++;
        else {
          // "flaky" passed on a second try only: that is not a pass.
          totals.failed++;
          totals.failures.push([...trail, spec.title].join(" › "));
        }
      }
    }
    for (const child of suite.suites ?? []) visit(child, [...trail, child.title]);
  };
  for (const suite of report.suites) visit(suite, [suite.title]);
  for (const error of report.errors) {
    totals.failed++;
    totals.failures.push(`end-to-end: ${(error.message ?? "").split("\n")[0]}`);
  }
  return totals;
}
