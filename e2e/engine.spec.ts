import { expect, type Page, test } from "@playwright/test";
import { engineBadge, engineMenu, runStudy, slider, stepOf, tabTo } from "./page.ts";

const KEY_PRESSES = 40;
const MS_BETWEEN_PRESSES = 60;

test("another engine is chosen by keyboard alone, and the address keeps the choice", async ({ page }) => {
  await page.goto("./");
  const badge = engineBadge(page, /^wasm-relaxed/);
  await expect(badge).toBeVisible();
  await tabTo(page, badge);
  await page.keyboard.press("Enter");
  const menu = engineMenu(page);
  await expect(menu).toContainText("self-test passed");
  await tabTo(page, menu.getByRole("radio", { name: "Automatic" }));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(menu.getByRole("radio", { name: "WebAssembly" })).toBeChecked();
  await tabTo(page, menu.getByRole("checkbox", { name: "Same bits on every processor" }));
  await page.keyboard.press("Space");
  await tabTo(page, menu.getByRole("button", { name: "Use and reload" }));
  await page.keyboard.press("Enter");
  await expect(engineBadge(page, /^wasm-simd/)).toBeVisible();
  await expect(page).toHaveURL(/\?backend=wasm&reproducible=1/);
});

test("stock tfjs on WebGPU can be chosen to compare with", async ({ page }) => {
  await page.goto("./?backend=wasm&software");
  await engineBadge(page, /^wasm-relaxed/).click();
  const menu = engineMenu(page);
  await menu.getByRole("radio", { name: "Stock tfjs on WebGPU" }).check();
  await menu.getByRole("button", { name: "Use and reload" }).click();
  const chosen = engineBadge(page, /^stock tfjs on WebGPU · google swiftshader$/);
  // A software GPU compiles the self-test's shaders first.
  await expect(chosen).toBeVisible({ timeout: 120_000 });
  await chosen.click();
  await expect(menu).toContainText("Software adapter: correct but slow.");
});

test("the page answers while a cell trains on every core", async ({ page }) => {
  await page.goto("./?backend=wasm");
  const cores = await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 8));
  await expect(engineBadge(page, cores > 1 ? new RegExp(`, ${cores} threads$`) : /^wasm-relaxed$/)).toBeVisible();
  await runStudy(page, { name: "busy", alphas: "1", steps: "5000", batch: "64", realImages: "640" });
  await expect.poll(() => stepOf(page), { timeout: 60_000 }).toBeGreaterThan(2);

  await watchKeys(page);
  const [before, alpha] = [await stepOf(page), await slider(page).inputValue()];
  await slider(page).focus();
  // As many steps up as down: the slider must end where it began.
  for (let press = 0; press < KEY_PRESSES; press++) {
    await page.keyboard.press(press % 4 < 2 ? "ArrowLeft" : "ArrowRight");
    await page.waitForTimeout(MS_BETWEEN_PRESSES);
  }
  const delays = await page.evaluate(() => (window as unknown as { keyDelays: number[] }).keyDelays);
  expect(delays).toHaveLength(KEY_PRESSES);
  await expect(slider(page)).toHaveValue(alpha);
  await expect.poll(() => stepOf(page)).toBeGreaterThan(before);
  const sorted = delays.sort((a, b) => a - b);
  const [median, p95] = [0.5, 0.95].map((share) => `${sorted[Math.floor(share * KEY_PRESSES)]?.toFixed(0)} ms`);
  test.info().annotations.push({ type: "key to next frame while training", description: `${median}, p95 ${p95}` });
  console.log(`From a key press to the frame that shows it, while training: ${median}, p95 ${p95}.`);
  await page.getByRole("button", { name: "Stop and keep" }).click();
  await expect(page.getByRole("button", { name: "Stop and keep" })).toBeHidden();
});

/** From now on window.keyDelays holds, for each key pressed, the milliseconds until the frame after it was handled. */
async function watchKeys(page: Page): Promise<void> {
  await page.evaluate(() => {
    const keyDelays: number[] = [];
    Object.assign(window, { keyDelays });
    window.addEventListener("keydown", ({ timeStamp }) => {
      requestAnimationFrame(() => setTimeout(() => keyDelays.push(performance.now() - timeStamp)));
    });
  });
}
