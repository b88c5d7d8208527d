import type { Contestant } from "./contestant.ts";

export interface Pace {
  readonly rounds: number;
  /** Aimed at per turn. */
  readonly seconds: number;
}

/** Repetitions of a turn that takes about `seconds`; at least one. */
export function repetitions(secondsEach: number, seconds: number): number {
  if (!(secondsEach > 0)) return 1;
  return Math.min(100_000, Math.max(1, Math.round(seconds / secondsEach)));
}

/**
 * Lets the contestants work in turn, round after round, so that whatever the machine does meanwhile meets all of
 * them: A B C, C B A, A B C … Each first works unmeasured, which warms it up and tells how long a repetition takes.
 *
 * @returns for each contestant, the seconds of one repetition in each round
 */
export async function alternate(contestants: readonly Contestant[], { rounds, seconds }: Pace): Promise<number[][]> {
  const times: number[] = [];
  for (const contestant of contestants) times.push(await warmUp(contestant, seconds));
  const measured: number[][] = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = contestants.map((_, i) => (round % 2 === 0 ? i : contestants.length - 1 - i));
    for (const i of order) {
      const count = times[i] as number;
      const took = await (contestants[i] as Contestant).turn(count);
      (measured[i] as number[]).push(took / count);
    }
  }
  return measured;
}

/** Works until its speed is known; resolves with the repetitions of a turn. */
async function warmUp(contestant: Contestant, seconds: number): Promise<number> {
  const first = await contestant.turn(1);
  if (first >= seconds) return 1;
  const second = await contestant.turn(1);
  // What is short is timed over several, as it will be measured.
  const some = repetitions(second, seconds / 4);
  return repetitions(some > 1 ? (await contestant.turn(some)) / some : second, seconds);
}
