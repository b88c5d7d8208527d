/** What a running job is asked to do. Read by the job at step and chunk boundaries only. */
export type Command = "run" | "stop";

/** The reading side of a control. */
export interface Control {
  command(): Command;
  /** The slider's α where the run follows it ("live α"), else null. */
  liveAlpha(): number | null;
  /** One turn of the event loop, so that commands and requests get in between two steps. */
  breathe(): Promise<void>;
}

/** The control of one worker or of the command line: set by messages and signals, read by the job. */
export class ControlSwitch implements Control {
  private current: Command = "run";
  private alpha: number | null = null;

  set(command: Command, liveAlpha: number | null): void {
    this.current = command;
    this.alpha = liveAlpha;
  }

  command(): Command {
    return this.current;
  }

  liveAlpha(): number | null {
    return this.alpha;
  }

  /** A macrotask without the 4 ms clamp of nested timers: about 20 µs. */
  breathe(): Promise<void> {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  }
}
