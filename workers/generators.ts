import type { BackendRequest } from "../src/engine/backend.ts";
import type { GeneratorContext } from "../src/generators/generator.ts";
import { openLabeller } from "../src/runs/labels/labeller.ts";
import { WorkbenchError } from "../src/study/errors.ts";
import { engineFor } from "./engine.ts";
import { imageOpsFor } from "./imageOps.ts";
import { store } from "./store.ts";

/** What this worker's generators are made with; devices are opened when they are first needed. */
export async function generators(request: BackendRequest): Promise<GeneratorContext> {
  const opened = await store();
  return {
    store: opened,
    openOps: async () => (await imageOpsFor(request)).ops,
    embedded: fetchEmbedded,
    openLabeller: (spec, hash, benchmark) =>
      openLabeller({ store: opened, embedded: fetchEmbedded }, () => engineFor(request), spec, hash, benchmark),
  };
}

/** What generators are listed and named with: nothing is computed. */
export function namesOnly(): Promise<GeneratorContext> {
  return generators({ backend: "auto", threads: 0, reproducible: false, allowSoftware: false });
}

/** A file of public/generators/; a built worker lies in assets/, beside generators/. */
async function fetchEmbedded(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const root = import.meta.env.DEV ? new URL("/", location.href) : new URL("../", import.meta.url);
  const response = await fetch(new URL(`generators/${name}`, root));
  if (!response.ok) {
    throw new WorkbenchError("embedded-missing", `generators/${name} answered ${response.status}. Reload the page.`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
