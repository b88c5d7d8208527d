import { existsSync } from "node:fs";

const named = process.env.SIO_CHROMIUM;
const system = "/usr/bin/chromium";

/** How every test starts Chromium: SIO_CHROMIUM, else the system's, else Playwright's own, with a software GPU. */
export const chromiumLaunch = {
  ...(named
    ? { executablePath: named }
    : existsSync(system)
      ? { executablePath: system }
      : { channel: "chromium" as const }),
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
};

/** The headers that isolate a page; the static server sends the same. */
export const isolationHeaders = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
