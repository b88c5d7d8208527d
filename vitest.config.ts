import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunch, isolationHeaders } from "./chromium.config.ts";

/** `unit` runs in Node; `browser` (*.browser.test.ts) runs in a real, cross-origin isolated Chromium. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["{src,cli,scripts,bench}/**/*.test.{ts,tsx,mjs}"],
          exclude: ["**/*.browser.test.*", "**/node_modules/**"],
          server: { deps: { inline: [/@tensorflow/] } },
          testTimeout: 60_000,
        },
      },
      {
        server: { headers: isolationHeaders },
        optimizeDeps: {
          include: [
            "@tensorflow/tfjs-core",
            "@tensorflow/tfjs-core/dist/register_all_gradients",
            "@tensorflow/tfjs-backend-cpu",
            "@tensorflow/tfjs-backend-webgpu",
            "ml-matrix",
            "comlink",
            "idb",
          ],
        },
        test: {
          name: "browser",
          include: ["{src,workers}/**/*.browser.test.{ts,tsx}"],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({ launchOptions: chromiumLaunch }),
          },
        },
      },
    ],
  },
});
