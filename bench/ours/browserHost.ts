import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "@playwright/test";
import type { Remote } from "comlink";
import { build } from "vite";
import { chromiumLaunch } from "../../chromium.config.ts";
import type { Host } from "../case.ts";
import { headLine } from "../machine.ts";
import type { BenchOptions } from "../options.ts";
import type { Surroundings } from "../surroundings.ts";
import type { BenchWorker } from "./browser/bench.worker.ts";
import type { EngineRequest } from "./engines.ts";
import type { NetworkWork } from "./networkContestant.ts";

const SOFTWARE_GPU = "--use-webgpu-adapter=swiftshader";
/** Chromium on Linux offers hardware WebGPU only where Vulkan is switched on. */
const HARDWARE_GPU = [
  "--ignore-gpu-blocklist",
  "--enable-features=Vulkan,VulkanFromANGLE,DefaultANGLEVulkan",
  "--use-angle=vulkan",
  "--disable-vulkan-surface",
];

/** Our engine in headless Chromium, in a worker of a cross-origin isolated page. */
export async function browserHost(
  { software }: BenchOptions,
  processor: string,
  { root, scratch, serveFolder }: Surroundings,
): Promise<Host> {
  const folder = fileURLToPath(new URL("browser", scratch));
  await buildPage(folder, root);
  const server = await serveFolder({ folder, port: 0 });
  const browser = await launch(software);
  const page = await browser.newPage();
  await page.goto(`${server.url}page.html`);
  const remote = new RemoteWorker(page);
  const request = (backend: EngineRequest["backend"], count: number) => ({ backend, threads: count, software });
  const { isolated, threads } = await remote.facts();
  return {
    description: [
      headLine(
        "browser",
        `Chromium ${browser.version()}, ${isolated ? "" : "not "}cross-origin isolated, ${threads} threads`,
      ),
    ],
    probe: async (backend) => (await remote.probe(request(backend, 1))) || processor,
    openNetwork: async (backend, count, work) => {
      const opened = await remote.open(request(backend, count), work, processor);
      return {
        name: backend,
        device: processor,
        threads: opened.threads,
        turn: (times) => remote.turn(opened.handle, times),
        close: () => remote.close(opened.handle),
      };
    },
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

async function buildPage(outDir: string, root: URL): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL("bench/ours/browser", root)),
    base: "./",
    publicDir: false,
    logLevel: "error",
    worker: { format: "es" },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: { input: fileURLToPath(new URL("bench/ours/browser/page.html", root)) },
    },
  });
}

function launch(software: boolean): Promise<Browser> {
  const args = chromiumLaunch.args.filter((arg) => software || arg !== SOFTWARE_GPU);
  return chromium.launch({ ...chromiumLaunch, args: software ? args : [...args, ...HARDWARE_GPU] });
}

/** The worker behind the page, call by call. */
class RemoteWorker {
  constructor(private readonly page: Page) {}

  facts() {
    return plainly(this.page.evaluate(() => benchWorker.facts()));
  }

  probe(request: EngineRequest): Promise<string> {
    return plainly(this.page.evaluate((wanted) => benchWorker.probe(wanted), request));
  }

  open(request: EngineRequest, work: NetworkWork, device: string) {
    return plainly(this.page.evaluate((wanted) => benchWorker.open(...wanted), [request, work, device] as const));
  }

  turn(handle: number, times: number): Promise<number> {
    return plainly(this.page.evaluate((order) => benchWorker.turn(...order), [handle, times] as const));
  }

  close(handle: number): Promise<void> {
    return plainly(this.page.evaluate((each) => benchWorker.close(each), handle));
  }
}

/** Playwright puts the call before a page's error and the page's stack behind it. */
async function plainly<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const [line = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new Error(line.replace(/^page\.evaluate: (\w+: )?/, ""), { cause });
  }
}

/** Set by page.ts; exists in the page only. */
declare const benchWorker: Remote<BenchWorker>;
