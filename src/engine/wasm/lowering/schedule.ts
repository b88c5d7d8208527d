import type { Step } from "../../plan/steps.ts";
import type { Places, Temporary } from "./places.ts";
import type { KernelCall, Program, Section } from "./program.ts";

/** Work of one phase. Its calls are made when everything has its place. */
export interface Task {
  readonly work: Section["work"];
  /** Whose maps it reads or writes; null = of none. */
  readonly step: Step | null;
  readonly temporaries: readonly Temporary[];
  /** Of split work. */
  readonly items: number;
  readonly calls: (places: Places) => readonly KernelCall[];
}

type Calls = Task["calls"];

/**
 * Which work happens in which phase. Work by chunks of images follows on work by chunks without a barrier, because a
 * chunk stays with its thread; what needs every image (statistics, gradients of weights) waits for a barrier.
 */
export class Schedule {
  readonly phases: Task[][] = [[]];
  private waiting: Task[] = [];

  /** Each thread does it in full. */
  every(calls: Calls): void {
    this.last.push({ work: "every", step: null, temporaries: [], items: 0, calls });
  }

  chunks(step: Step, calls: Calls, temporaries: readonly Temporary[] = []): void {
    this.last.push({ work: "chunks", step, temporaries, items: 0, calls });
  }

  /** As chunks, but each thread takes all its images at once. */
  images(step: Step, calls: Calls, temporaries: readonly Temporary[]): void {
    this.last.push({ work: "images", step, temporaries, items: 0, calls });
  }

  split(items: number, calls: Calls, temporaries: readonly Temporary[] = []): void {
    this.last.push({ work: "split", step: null, temporaries, items, calls });
  }

  /** Split work on what the chunks of this phase make: it happens after the next barrier, whenever that comes. */
  splitLater(step: Step | null, items: number, calls: Calls, temporaries: readonly Temporary[] = []): void {
    this.waiting.push({ work: "split", step, temporaries, items, calls });
  }

  /** Split work whose result this phase needs: it happens in the phase before, which is opened if there is none. */
  splitBefore(items: number, calls: Calls, temporaries: readonly Temporary[]): void {
    if (this.phases.length === 1) this.barrier();
    this.phases[this.phases.length - 2]?.push({ work: "split", step: null, temporaries, items, calls });
  }

  barrier(): void {
    this.phases.push(this.waiting);
    this.waiting = [];
  }

  /** A barrier, if work waits for one. */
  finishWaiting(): void {
    if (this.waiting.length > 0) this.barrier();
  }

  private get last(): Task[] {
    return this.phases[this.phases.length - 1] as Task[];
  }
}

/** The schedule's calls. */
export function program({ phases }: Schedule, places: Places): Program {
  return phases.map((tasks) => {
    const sections: Section[] = [];
    for (const { work, items, calls } of tasks) {
      const made = calls(places);
      const last = sections[sections.length - 1];
      if (work === "split") sections.push(...made.map((call) => ({ work, items, call })));
      // Neighbouring sections of one kind become one, so that a chunk runs through all their calls.
      else if (last?.work === work) sections[sections.length - 1] = { work, calls: [...last.calls, ...made] };
      else sections.push({ work, calls: made });
    }
    return sections;
  });
}
