import type { GeneratorContext } from "../src/generators/generator.ts";
import { WorkbenchError } from "../src/study/errors.ts";
import { store } from "./store.ts";

/** What this worker's generators are made with. */
export async function generators(): Promise<GeneratorContext> {
  return {
    store: await store(),
    openOps: () => Promise.reject(new WorkbenchError("no-device", "No device for generator networks is built in yet.")),
    embedded: fetchEmbedded,
  };
}

/** A file of public/generators/; a built worker lies in assets/, beside that folder's parent. */
async function fetchEmbedded(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const base = import.meta.env.DEV ? "/" : new URL("../", import.meta.url).href;
  const response = await fetch(new URL(`generators/${name}`, new URL(base, location.href)));
  if (!response.ok)
    throw new WorkbenchError(
      "embedded-missing",
      `The embedded generator file ${name} answered ${response.status}. Reload the page.`,
    );
  return new Uint8Array(await response.arrayBuffer());
}
