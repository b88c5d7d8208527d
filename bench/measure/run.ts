import type { BenchOptions } from "../options.ts";
import { alternate } from "./alternate.ts";
import type { Contestant, Match, Opening } from "./contestant.ts";
import { type BenchRow, type Measured, rowsOf } from "./rows.ts";

/** The rows of one match, and what went wrong in it: a failed side is named, the others are measured all the same. */
export interface Outcome {
  readonly rows: BenchRow[];
  readonly failures: string[];
}

/**
 * Opens all sides of a match, lets them work in turn and closes them.
 *
 * @param announce is told what is about to be measured
 */
export async function play(
  match: Match,
  pace: Pick<BenchOptions, "rounds" | "seconds">,
  announce: (text: string) => void,
): Promise<Outcome> {
  const failures: string[] = [];
  const open = async (openings: readonly Opening[]): Promise<Contestant[]> => {
    const opened: Contestant[] = [];
    for (const opening of openings) {
      try {
        opened.push(await opening());
      } catch (error) {
        failures.push(`${match.title}: ${messageOf(error)}`);
      }
    }
    return opened;
  };
  const ours = await open(match.ours);
  const peers = ours.length > 0 ? await open(match.peers) : [];
  const all = [...ours, ...peers];
  announce(`measuring ${match.title}: ${all.map(nameOf).join(", ")}`);
  try {
    const { rounds, seconds: each } = pace;
    const seconds = await alternate(all, { rounds, seconds: each * (match.haste ?? 1) });
    const measured = all.map((contestant, i): Measured => ({ contestant, seconds: seconds[i] as number[] }));
    return { rows: rowsOf(match, measured.slice(0, ours.length), measured.slice(ours.length)), failures };
  } catch (error) {
    return { rows: [], failures: [...failures, `${match.title}: ${messageOf(error)}`] };
  } finally {
    for (const contestant of all) await contestant.close();
  }
}

const nameOf = ({ name, kernel, threads }: Contestant) =>
  `${kernel === undefined ? name : `${name} ${kernel}`} on ${threads} thread${threads === 1 ? "" : "s"}`;

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
