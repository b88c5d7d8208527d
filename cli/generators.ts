import { readFile } from "node:fs/promises";
import type { GeneratorContext } from "../src/generators/generator.ts";
import type { Store } from "../src/storage/store.ts";
import { WorkbenchError } from "../src/study/errors.ts";

/** Files of public/generators/, seen from dist-cli/ and from cli/. */
const embedded = new URL("../public/generators/", import.meta.url);

/** What generators of this process are made with. */
export function nodeGenerators(store: Store): GeneratorContext {
  return {
    store,
    openOps: () => Promise.reject(new WorkbenchError("no-device", "No device for generator networks is built in yet.")),
    embedded: async (name) => new Uint8Array(await readFile(new URL(name, embedded))),
  };
}
