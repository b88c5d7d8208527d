import { MemoryStore } from "../../storage/memory.ts";
import type { Store } from "../../storage/store.ts";
import type { GeneratorContext } from "../generator.ts";

/** What tests hand to generators that need no device and no embedded file: both reject. */
export function bareContext(store: Store = new MemoryStore()): GeneratorContext {
  return {
    store,
    openOps: () => Promise.reject(new Error("This test opens no device.")),
    embedded: (name) => Promise.reject(new Error(`This test has no embedded file ${name}.`)),
    openLabeller: () => Promise.reject(new Error("This test has no labeller.")),
  };
}
