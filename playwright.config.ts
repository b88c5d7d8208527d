import { defineConfig } from "@playwright/test";
import { chromiumLaunch } from "./chromium.config.ts";

/** `npm test` names a free one, so that two checkouts can be tested at once. */
const port = Number(process.env.SIO_E2E_PORT ?? 4173);

/** End-to-end tests of the built app, as any static host would serve it. `npm run build` first. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  outputDir: ".cache/e2e",
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: process.env.SIO_E2E_JSON ? [["list"], ["json", { outputFile: process.env.SIO_E2E_JSON }]] : [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    viewport: { width: 1440, height: 900 },
    launchOptions: chromiumLaunch,
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
  webServer: {
    command: `node scripts/static-server.mjs dist ${port}`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: !process.env.CI,
    timeout: 30_000,
  },
});
