import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** What the measurements ran on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  /** Mean of the last minute. */
  readonly load: number;
  /** Share of all cores that others kept busy just before the measurements. */
  readonly busy: number;
  readonly runtime: string;
}

export async function describeMachine(): Promise<Machine> {
  const before = ticks();
  await sleep(500);
  const after = ticks();
  return {
    processor: cpus()[0]?.model.trim() || process.arch,
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? 0,
    busy: (after.busy - before.busy) / Math.max(1, after.all - before.all),
    runtime: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
  };
}

function ticks(): { busy: number; all: number } {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const { idle, user, nice, sys, irq } = times;
    busy += user + nice + sys + irq;
    all += user + nice + sys + irq + idle;
  }
  return { busy, all };
}

/** Above this share of busy cores a warning is printed. */
const QUIET = 0.1;

/** A line of the report's head. */
export const headLine = (label: string, text: string) => `${label.padEnd(12)}  ${text}`;

export function machineLines(machine: Machine): string[] {
  const { processor, cores, memoryGB, load, busy, runtime } = machine;
  const lines = [
    headLine("machine", `${processor}, ${cores} cores, ${memoryGB} GB, load average ${load.toFixed(2)}`),
    headLine("runtime", runtime),
  ];
  if (busy > QUIET) {
    const percent = Math.round(100 * busy);
    lines.push(headLine("warning", `others use ${percent} % of the cores. What is measured now is not to be quoted.`));
  }
  return lines;
}
