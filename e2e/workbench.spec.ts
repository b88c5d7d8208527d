import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { serveFolder } from "../scripts/static-server.mjs";
import { engineBadge, runStudy, setAlpha, slider, stepOf } from "./page.ts";

const realData = new URL("../../shared/data/cifar-10-batches-bin/", import.meta.url).pathname;
/** Enough for a run on two cores, evaluation of every Shapes set included. */
const RUN_MS = 240_000;

test("a fresh profile shows the example; dragging α moves every panel", async ({ page }) => {
  const started = Date.now();
  await page.goto("./");
  await expect(page.getByText(/Example results, computed with .*read-only/)).toBeVisible();
  await expect(page.getByRole("table", { name: "Detectors at the shown α" })).toBeVisible();
  const firstPoint = Date.now() - started;
  test.info().annotations.push({ type: "first point of the example, ms", description: String(firstPoint) });

  await setAlpha(page, 1);
  await expect(page.getByText("Showing α = 1.00")).toBeVisible();
  const baseline = await page.getByRole("table", { name: "Detectors at the shown α" }).innerText();
  await setAlpha(page, 0.5);
  await expect(page.getByText("Showing α = 0.50")).toBeVisible();
  expect(await page.getByRole("table", { name: "Detectors at the shown α" }).innerText()).not.toBe(baseline);
  await expect(slider(page)).toHaveAttribute(
    "aria-valuetext",
    "α 0.50: 32 real + 32 synthetic per batch, effective 0.500",
  );

  await slider(page).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByText("α = 0.65 has not run. Nearest: 0.80")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Run α = 0.65 × 3 seeds/ })).toBeVisible();

  const thumbnails = page.getByRole("img", { name: /^synthetic / });
  await expect(thumbnails.first()).toBeVisible();
});

test("an own cell runs, survives a reload, becomes a point and a row of the CSV", async ({ page }) => {
  test.setTimeout(2 * RUN_MS);
  await page.goto("./?backend=wasm&reproducible");
  await runStudy(page, {
    name: "own",
    generators: ["Neighbour interpolation"],
    alphas: "0.5",
    steps: "150",
    batch: "16",
    realImages: "200",
    pool: "1024",
  });
  await page.getByLabel("Study", { exact: true }).selectOption({ label: "own" });
  await expect.poll(() => stepOf(page), { timeout: RUN_MS }).toBeGreaterThan(15);
  const before = await stepOf(page);
  await page.reload();
  // It goes on from its last epoch (13 steps), not from the start.
  await expect.poll(() => stepOf(page), { timeout: RUN_MS, intervals: [100] }).toBeGreaterThan(0);
  expect(await stepOf(page)).toBeGreaterThanOrEqual(before - 13);

  await page.getByRole("link", { name: "Runs" }).click();
  await expect(page.getByText("Done")).toHaveCount(2, { timeout: RUN_MS });
  await page.getByRole("link", { name: "Study" }).click();
  await page.getByText("View the curve as a table").click();
  await expect(page.getByRole("row", { name: /0\.50/ }).first()).toBeVisible();
  await expect(page.getByText(/not converged: /)).toBeVisible();

  await page.getByRole("link", { name: "Report" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export results.csv" }).click();
  const csv = readFileSync(await (await download).path(), "utf8")
    .trim()
    .split("\r\n");
  const header = (csv[0] ?? "").split(",");
  expect(header.slice(0, 8)).toEqual([
    "study",
    "cell",
    "benchmark",
    "network",
    "width",
    "method",
    "generator",
    "alpha",
  ]);
  // Two cells × twelve detectors × (near, four far sets, two means)
  expect(csv).toHaveLength(1 + 2 * 12 * 7);
  const rows = csv.slice(1).map((line) => line.split(","));
  const field = (row: string[], name: string): string => row[header.indexOf(name)] ?? "";
  expect(new Set(rows.map((row) => field(row, "detector"))).size).toBe(12);
  for (const row of rows) {
    const auroc = field(row, "auroc");
    if (auroc === "") expect(row.join(",")).toContain("undefined, because");
    else expect(Number(auroc) > 0 && Number(auroc) < 1).toBe(true);
  }
});

test("the same page trains on WebGPU and samples a pool there", async ({ page }) => {
  await page.goto("./?backend=webgpu&software");
  // A software GPU takes half a minute to compile the self-test's network.
  await expect(engineBadge(page, /^WebGPU · google swiftshader$/)).toBeVisible({ timeout: RUN_MS });
  await runStudy(page, {
    name: "gpu",
    generators: ["Neighbour interpolation"],
    alphas: "0.5",
    steps: "40",
    batch: "2",
    realImages: "100",
    pool: "1024",
  });
  await expect.poll(() => stepOf(page), { timeout: RUN_MS }).toBeGreaterThanOrEqual(20);
  await page.getByRole("button", { name: "Stop and keep" }).click();
});

test("real CIFAR-10 batches are read and trained on", async ({ page }) => {
  test.skip(!existsSync(realData), "the real images are not here");
  test.setTimeout(2 * RUN_MS);
  await page.goto("./?backend=wasm");
  await page.getByRole("link", { name: "Data & generators" }).click();
  await page
    .getByLabel("Choose dataset files")
    .setInputFiles([join(realData, "data_batch_1.bin"), join(realData, "test_batch.bin")]);
  const outcomes = page.getByRole("list", { name: "What became of the files" });
  await expect(outcomes.getByText("Read")).toHaveCount(2, { timeout: 60_000 });
  await page.getByRole("link", { name: "Study" }).click();
  await runStudy(page, {
    name: "cifar",
    benchmark: "cifar10",
    alphas: "1",
    steps: "12",
    batch: "32",
    realImages: "320",
  });
  await page.getByRole("link", { name: "Runs" }).click();
  await expect(page.getByText("Done")).toHaveCount(1, { timeout: RUN_MS });
});

test("files that are not what they claim are refused by name, with the reason and the remedy", async ({ page }) => {
  await page.goto("./#/data");
  await page.getByLabel("Choose dataset files").setInputFiles([
    { name: "data_batch_1.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(30_000) },
    { name: "train-images-idx3-ubyte.gz", mimeType: "application/gzip", buffer: Buffer.from("not gzip") },
  ]);
  const outcomes = page.getByRole("list", { name: "What became of the files" });
  await expect(outcomes.getByText("Refused")).toHaveCount(2);
  await expect(outcomes).toContainText("data_batch_1.bin");
  await expect(outcomes).toContainText("3,073");
});

test("without the example file the page says so and shows nothing in its place", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "sio-"));
  cpSync("dist", folder, { recursive: true });
  rmSync(join(folder, "example"), { recursive: true });
  const server = await serveFolder({ folder, port: 0 });
  try {
    await page.goto(server.url);
    await expect(page.getByText("The example study cannot be shown.")).toBeVisible();
    await expect(page.getByRole("table", { name: "Detectors at the shown α" })).toHaveCount(0);
    await expect(page.getByText(/There is no study yet/)).toBeVisible();
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
