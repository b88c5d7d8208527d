import { ControlSwitch } from "../src/runs/control.ts";

/** Ctrl-C: exit code 130, and nothing of the command's own is left half written. */
export class Interrupted extends Error {}

/**
 * The control of a command that writes its files at the end: SIGINT or SIGTERM reject whatever breathes next. A second
 * signal ends the process at once.
 */
export class Interruption extends ControlSwitch {
  /** @throws Interrupted once a signal has come */
  check(): void {
    if (this.command() === "stop") throw new Interrupted("Interrupted: nothing was written.");
  }

  /** Rejects rather than leaves it to the job, so that a signal between two jobs is not lost. */
  override async breathe(): Promise<void> {
    await super.breathe();
    this.check();
  }
}

/** Runs the work while signals are heard; `check` belongs before what cannot be taken back. */
export async function interruptible<T>(work: (control: Interruption) => Promise<T>): Promise<T> {
  const control = new Interruption();
  const stop = (): void => control.set("stop", null);
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    return await work(control);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}
