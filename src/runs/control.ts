/** What a running job is asked to do. Read by the job at step and chunk boundaries only. */
export type Command = "run" | "pause" | "stop";

export interface Control {
  command(): Command;
  /** The slider's α where the run follows it ("live α"), else null. */
  liveAlpha(): number | null;
  /** Lets messages in. Free where the control is shared memory; a macrotask where it is not. */
  breathe(): Promise<void>;
}

const commands: readonly Command[] = ["run", "pause", "stop"];
const NO_ALPHA = -1;

/** Bytes of the shared control block: [command, α in 1/10,000 or −1]. */
export const CONTROL_BYTES = 8;

/** The writing side: the page or the command line. */
export class ControlWriter {
  private readonly words: Int32Array;

  constructor(readonly memory: SharedArrayBuffer | ArrayBuffer) {
    this.words = new Int32Array(memory);
    Atomics.store(this.words, 1, NO_ALPHA);
  }

  send(command: Command): void {
    Atomics.store(this.words, 0, commands.indexOf(command));
  }

  followAlpha(alpha: number | null): void {
    Atomics.store(this.words, 1, alpha === null ? NO_ALPHA : Math.round(alpha * 10_000));
  }
}

/** The reading side, over the same memory or over a copy that messages keep up to date. */
export function readControl(memory: SharedArrayBuffer | ArrayBuffer, breathe: () => Promise<void>): Control {
  const words = new Int32Array(memory);
  return {
    command: () => commands[Atomics.load(words, 0)] ?? "run",
    liveAlpha: () => {
      const value = Atomics.load(words, 1);
      return value === NO_ALPHA ? null : value / 10_000;
    },
    breathe,
  };
}
