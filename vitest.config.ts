import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const debianChromium = "/usr/bin/chromium";
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** `unit` runs in Node; `browser` (*.browser.test.ts) runs in a real, cross-origin isolated Chromium. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["{src,cli,scripts}/**/*.test.{ts,tsx,mjs}"],
          exclude: ["**/*.browser.test.*", "**/node_modules/**"],
          server: { deps: { inline: [/@tensorflow/] } },
          testTimeout: 60_000,
        },
      },
      {
        server: { headers: isolation },
        optimizeDeps: {
          include: [
            "@tensorflow/tfjs-core",
            "@tensorflow/tfjs-core/dist/register_all_gradients",
            "@tensorflow/tfjs-backend-cpu",
            "@tensorflow/tfjs-backend-webgpu",
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
            provider: playwright({
              launchOptions: {
                ...(existsSync(debianChromium) ? { executablePath: debianChromium } : { channel: "chromium" }),
                args: [
                  "--no-sandbox",
                  "--disable-quic",
                  "--no-first-run",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--enable-unsafe-webgpu",
                  "--use-webgpu-adapter=swiftshader",
                ],
              },
            }),
          },
        },
      },
    ],
  },
});
