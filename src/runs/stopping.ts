import type { Pace } from "../detection/evaluation/slices.ts";
import { WorkbenchError } from "../study/errors.ts";
import type { Control } from "./control.ts";

/**
 * Makes a "stop" on the control an abort with the code "stopped". A control of a worker keeps its last command: one
 * that stood on "stop" before this job began was meant for another.
 *
 * @param what of a sentence, "The evaluation was stopped."
 */
export function stoppable(control: Control, what: string): Required<Pick<Pace, "signal" | "breathe">> {
  const stop = new AbortController();
  let old = control.command() === "stop";
  return {
    signal: stop.signal,
    breathe: async () => {
      await control.breathe();
      if (control.command() !== "stop") old = false;
      else if (!old) stop.abort(new WorkbenchError("stopped", `${what} was stopped.`));
    },
  };
}
