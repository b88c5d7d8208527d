import type { Host } from "../case.ts";
import type { Backend, BenchOptions } from "../options.ts";
import { openNodeEngine } from "./engines.ts";
import { networkContestant } from "./networkContestant.ts";

/** Our engine in this process. */
export function nodeHost({ software }: BenchOptions, processor: string, root: URL): Host {
  const open = (backend: Backend, threads: number) => openNodeEngine({ backend, threads, software }, root);
  return {
    description: [],
    probe: async (backend) => {
      const engine = await open(backend, 1);
      engine.dispose();
      return engine.backend.adapter || processor;
    },
    openNetwork: async (backend, threads, work) => {
      const engine = await open(backend, threads);
      return networkContestant(engine, work, { device: engine.backend.adapter || processor, name: backend });
    },
    close: async () => {},
  };
}
