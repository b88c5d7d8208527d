import { Eta, Throttle } from "../eta.ts";
import type { Emit } from "../events.ts";

/** Tells of images evaluated or scored, at most four times a second and at the end. */
export function imageProgress(emit: Emit): (done: number, total: number) => void {
  const throttle = new Throttle(250);
  let eta: Eta | null = null;
  return (done, total) => {
    eta ??= new Eta(total);
    const etaSeconds = eta.mark(done);
    if (throttle.ready() || done === total) {
      emit({ kind: "progress", phase: "evaluate", done, total, unit: "images", etaSeconds });
    }
  };
}
