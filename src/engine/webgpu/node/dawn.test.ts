import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Debian's Chromium brings a software Vulkan driver and the loader. */
const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

// Drivers are found by variables that must be set before the process starts, so the engine runs in a child.
const child = `
  import { createRequire } from "node:module";
  import { createServer } from "vite";
  globalThis.require = createRequire(import.meta.url);
  const server = await createServer({
    configFile: false, logLevel: "error", appType: "custom", optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
    ssr: { noExternal: [/@tensorflow/], external: ["webgpu"] },
  });
  const load = (path) => server.ssrLoadModule("/src/engine/" + path);
  (await load("webgpu/node/dawn.ts")).installDawn();
  const { tapeMakers } = await load("tape/tapeEngine.ts");
  const { chooseEngine } = await load("select.ts");
  const request = { backend: "tape", threads: 0, reproducible: false, allowSoftware: true };
  const engine = await chooseEngine(request, tapeMakers);
  console.log(JSON.stringify(engine.backend));
  engine.dispose();
  process.exit(0);
`;

describe.skipIf(!existsSync(driver))("the tape on WebGPU in Node", () => {
  it("passes the self-test on Dawn with a software adapter", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", child], {
      env: { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: "/tmp" },
      timeout: 55_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      name: "tape",
      threads: 1,
      adapter: "google swiftshader",
      software: true,
      reason: "Stock tfjs on google swiftshader, a software adapter: for tests only.",
    });
  });
});
