import { MemoryStore } from "../../storage/memory.ts";
import type { Store } from "../../storage/store.ts";
import type { GeneratorContext } from "../generator.ts";

/** What tests hand to generators that need no device: nothing is embedded, and whatever else is asked for rejects. */
export function bareContext(store: Store = new MemoryStore(), more: Partial<GeneratorContext> = {}): GeneratorContext {
  return {
    store,
    openOps: () => Promise.reject(new Error("This test opens no device.")),
    embedded: async (name) => {
      if (name !== "index.json") throw new Error(`This test has no embedded file ${name}.`);
      return new TextEncoder().encode('{"generators":[]}');
    },
    openLabeller: () => Promise.reject(new Error("This test has no labeller.")),
    ...more,
  };
}
