import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { runStudy, setAlpha } from "./page.ts";

/** Enough for a run on two cores, evaluation of every Shapes set included. */
const RUN_MS = 240_000;

/** The row of the curve's table at α = 1. */
async function curveRow(page: Page): Promise<string> {
  const details = page.locator("details", { hasText: "View the curve as a table" });
  if ((await details.getAttribute("open")) === null) await details.getByText("View the curve as a table").click();
  return details.getByRole("row", { name: /1\.00/ }).first().innerText();
}

async function savedBy(page: Page, button: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFileSync(await (await download).path());
}

test("a kept cell is scored anew with another detector, its hyper-parameters and a threshold", async ({ page }) => {
  test.setTimeout(2 * RUN_MS);
  await page.goto("./?backend=wasm&reproducible");
  await runStudy(page, { name: "scored", alphas: "1", steps: "40", batch: "16", realImages: "300" });
  await page.getByLabel("Study", { exact: true }).selectOption({ label: "scored" });
  await setAlpha(page, 1);
  await expect(page.getByText("Showing α = 1.00")).toBeVisible({ timeout: RUN_MS });
  const msp = await curveRow(page);

  const detector = page.getByLabel("Detector of every chart");
  await detector.selectOption("vim");
  await expect.poll(() => curveRow(page)).not.toBe(msp);
  const vim = await curveRow(page);

  // Half of the 64 feature dimensions is the rule of preset quick.
  const dimensions = page.getByLabel("Principal dimensions D");
  await expect(dimensions).toHaveValue("32");
  await dimensions.fill("4");
  await expect(page.getByRole("heading", { name: "AUROC over α, VIM (D = 4)" })).toBeVisible();
  await expect(page.getByText(/^1 cell re-scored in /)).toBeVisible({ timeout: RUN_MS });
  const changed = await curveRow(page);
  expect(changed).not.toBe(vim);

  // Where the reference would fail, the page says so and shows no number.
  await dimensions.fill("64");
  await expect(page.getByText(/undefined, because D = 64 ≥ d = 64/).first()).toBeVisible({ timeout: RUN_MS });
  await dimensions.fill("4");
  await expect(page.getByRole("heading", { name: "AUROC over α, VIM (D = 4)" })).toBeVisible();
  await expect.poll(() => page.url()).toContain("vim%28D%3D4%29");

  await page.reload();
  await expect(page.getByLabel("Principal dimensions D")).toHaveValue("4");
  await expect.poll(() => curveRow(page), { timeout: RUN_MS }).toBe(changed);

  const accepted = page
    .getByRole("table", { name: "What the threshold accepts" })
    .getByRole("row", { name: /ID test/ });
  await expect(page.getByText(/At histogram resolution/)).toHaveCount(0);
  await expect(accepted).toContainText("TPR 95.0");
  const threshold = page.getByRole("slider", { name: "Threshold on the confidence" });
  await threshold.focus();
  for (let press = 0; press < 40; press++) await page.keyboard.press("ArrowRight");
  await expect(accepted).not.toContainText("TPR 95.0");
  await expect(threshold).toHaveAttribute("aria-valuetext", /^confidence .*% of ID accepted$/);
  await page.getByRole("button", { name: "95 % ID accepted" }).click();
  await expect(accepted).toContainText("TPR 95.0");

  const nearest = page.getByRole("region", { name: "Images nearest to the threshold" });
  await nearest
    .getByRole("button", { name: /^Enlarge image \d+ of id_test/ })
    .first()
    .press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Image \d+ of id_test/ });
  await expect(dialog.getByRole("row", { name: /VIM \(D = 4\)/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();

  const lines = (await savedBy(page, "Export the table as CSV")).toString("utf8").trimEnd().split("\r\n");
  const header = (lines[0] ?? "").split(",");
  const rows = lines.slice(1).map((line) => line.split(","));
  const at = (row: readonly string[] | undefined, column: string): string => row?.[header.indexOf(column)] ?? "";
  const near = rows.find((row) => at(row, "detector") === "vim(D=4)" && at(row, "ood_set") === "near");
  expect(changed).toContain((Number(at(near, "auroc")) * 100).toFixed(1));
  const undefinedRow = rows.find((row) => at(row, "detector") === "vim(D=64)" && at(row, "ood_set") === "near");
  expect(at(undefinedRow, "auroc")).toBe("");
  expect(lines.some((line) => line.includes("undefined, because D = 64 ≥ d = 64"))).toBe(true);

  const scores = await savedBy(page, "Export the scores of the shown cell");
  const tensors = JSON.parse(scores.subarray(8, 8 + Number(scores.readBigUInt64LE(0))).toString("utf8")) as object;
  expect(Object.keys(tensors)).toEqual(expect.arrayContaining(["msp/id", "vim(D=4)/id", "vim(D=4)/near_unseen"]));
});

test("the example's results have no features: the page says so and offers a copy that can be run", async ({ page }) => {
  await page.goto("./");
  await page.getByLabel("Detector of every chart").selectOption("vim");
  await expect(page.getByText(/example results without features/)).toBeVisible();
  await expect(page.getByText(/At histogram resolution|There are no scores/).first()).toBeVisible();
  await page.getByRole("button", { name: "Copy as my study" }).click();
  await expect(page.getByText(/^Your study: /)).toBeVisible();
  await expect(page.getByRole("button", { name: /^Run \d+ cells here$/ })).toBeVisible();
});
