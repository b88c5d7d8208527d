import { readFile } from "node:fs/promises";
import type { Engine } from "../src/engine/network.ts";
import type { ImageOps } from "../src/engine/ops/imageOps.ts";
import type { GeneratorContext } from "../src/generators/generator.ts";
import { openLabeller } from "../src/runs/labels/labeller.ts";
import type { Store } from "../src/storage/store.ts";

/** Files of public/generators/, seen from dist-cli/ and from cli/. */
const embedded = new URL("../public/generators/", import.meta.url);

/** What computes for generators; each is opened when it is first needed. */
export interface GeneratorDevices {
  openOps(): Promise<ImageOps>;
  engine(): Promise<Engine>;
}

/** What generators of this process are made with. */
export function nodeGenerators(store: Store, { openOps, engine }: GeneratorDevices): GeneratorContext {
  const places = { store, embedded: async (name: string) => new Uint8Array(await readFile(new URL(name, embedded))) };
  return {
    ...places,
    openOps,
    openLabeller: (spec, hash, benchmark) => openLabeller(places, engine, spec, hash, benchmark),
  };
}

/** What generators are listed and named with: nothing is computed. */
export function namesOnly(store: Store): GeneratorContext {
  const refuse = () => Promise.reject(new Error("Nothing is computed while generators are listed."));
  return nodeGenerators(store, { openOps: refuse, engine: refuse });
}
