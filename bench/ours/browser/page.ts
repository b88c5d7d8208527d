import { wrap } from "comlink";
import type { BenchWorker } from "./bench.worker.ts";

// As in the app, the engine works in a worker of a page.
const worker = new Worker(new URL("./bench.worker.ts", import.meta.url), { type: "module" });

/** What the command reaches by `page.evaluate`. */
Object.assign(globalThis, { benchWorker: wrap<BenchWorker>(worker) });
