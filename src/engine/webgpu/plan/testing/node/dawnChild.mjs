// Runs functions of this project on Dawn for tests. Its own process, because Vulkan drivers are found by variables that
// must be set before a process starts, and because Dawn keeps its process alive.
import { createRequire } from "node:module";
import { createServer } from "vite";
import { create, globals } from "webgpu";

globalThis.require = createRequire(import.meta.url);
Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
const adapter = await gpu.requestAdapter();
const server =
  adapter &&
  (await createServer({
    configFile: false,
    logLevel: "error",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
    ssr: { noExternal: [/@tensorflow/], external: ["webgpu"] },
  }));

process.on("message", async ({ module, name, parameters }) => {
  try {
    const functions = await server.ssrLoadModule(module);
    process.send({ result: await functions[name](...parameters) });
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) });
  }
});
process.send({ adapter: adapter && `${adapter.info.vendor} ${adapter.info.architecture}` });
