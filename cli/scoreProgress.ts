import { Eta, Throttle } from "../src/runs/eta.ts";
import type { CommonOptions } from "./context.ts";

/** One line on a terminal while detectors score. */
export function scoreProgress({ quiet, json }: CommonOptions) {
  const live = quiet !== true && json !== true && process.stderr.isTTY === true;
  const throttle = new Throttle(250);
  let eta: Eta | null = null;
  let of = "";
  return {
    update: (done: number, total: number, detector: string): void => {
      if (detector !== of) eta = new Eta(total);
      of = detector;
      const seconds = eta?.mark(done) ?? null;
      if (!live || !throttle.ready()) return;
      const left = seconds === null ? "" : `, ${Math.round(seconds)} s left`;
      process.stderr.write(`\r\u001b[K${detector}: ${done}/${total} images${left}`);
    },
    finish: (): void => {
      if (live) process.stderr.write("\r\u001b[K");
    },
  };
}
