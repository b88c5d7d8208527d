import { expect, type Locator, type Page } from "@playwright/test";

/** The α slider. */
export function slider(page: Page): Locator {
  return page.getByRole("slider", { name: /α, share of real images/ });
}

export interface PlannedStudy {
  readonly name: string;
  readonly benchmark?: string;
  readonly generators?: readonly string[];
  readonly alphas: string;
  readonly steps: string;
  readonly batch: string;
  readonly realImages?: string;
  readonly pool?: string;
}

/** Plans a study in the page's own form and starts all of its cells. */
export async function runStudy(page: Page, study: PlannedStudy): Promise<void> {
  await page.getByRole("button", { name: "New study" }).first().click();
  const form = page.getByRole("dialog", { name: "New study" });
  await form.getByLabel("Name").fill(study.name);
  if (study.benchmark) await form.getByLabel("Benchmark").selectOption(study.benchmark);
  for (const generator of study.generators ?? []) await form.getByLabel(generator).check();
  await form.getByLabel("α grid").fill(study.alphas);
  await form.getByLabel("Seeds").fill("0");
  await form.getByLabel("Steps").fill(study.steps);
  await form.getByLabel("Batch size").fill(study.batch);
  if (study.realImages) await form.getByLabel("Real images").fill(study.realImages);
  if (study.pool) await form.getByLabel("Pool size").fill(study.pool);
  await form.getByRole("button", { name: "Plan study" }).click();
  await form.getByRole("button", { name: /^Run \d+ cells? of/ }).click();
  await page.keyboard.press("Escape");
  await expect(form).toBeHidden();
}

/** Step of the running cell, as the page shows it; −1 while it shows none. */
export async function stepOf(page: Page): Promise<number> {
  const text =
    (await page
      .getByText(/^Step [\d,]+: loss/)
      .textContent({ timeout: 1000 })
      .catch(() => null)) ?? "";
  const step = /^Step ([\d,]+):/.exec(text)?.[1];
  return step === undefined ? -1 : Number(step.replaceAll(",", ""));
}

/** Moves the slider by keys, as a keyboard user would. */
export async function setAlpha(page: Page, alpha: number): Promise<void> {
  await page.getByRole("spinbutton", { name: "α" }).fill(String(alpha));
}

/** The button in the header that says what computes, once an engine has passed its self-test. */
export function engineBadge(page: Page, name: RegExp): Locator {
  return page.getByRole("banner").getByRole("button", { name });
}

/** What the badge opens. */
export function engineMenu(page: Page): Locator {
  return page.getByRole("dialog").filter({ has: page.getByRole("radiogroup", { name: "Compute on" }) });
}

/** Presses Tab until `target` has the focus, as a keyboard user would. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let press = 0; press < 60; press++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`60 times Tab do not lead to ${target}.`);
}
