import type { Contestant } from "../measure/contestant.ts";

/** A contestant of plain JavaScript: one thread of this process. */
export function javascript(device: string, work: () => void | Promise<void>): Contestant {
  return {
    name: "js",
    device,
    threads: 1,
    turn: async (times) => {
      const start = performance.now();
      for (let i = 0; i < times; i++) await work();
      return (performance.now() - start) / 1000;
    },
    close: async () => {},
  };
}
