import { Stream } from "../../random/stream.ts";

/** Generators below which a rank correlation is not given: of five in random order, one in twelve reaches ±0.9. */
export const TREND_POINTS = 6;
const RESAMPLES = 2000;

export interface RankCorrelation {
  readonly n: number;
  /** Spearman's ρ, −1 … 1. */
  readonly rho: number;
  /** 95 % percentile interval over resampled points, by a fixed seed. */
  readonly interval: readonly [low: number, high: number];
}

/** Spearman's rank correlation; null below TREND_POINTS pairs or where a side is constant. Ties share their mean rank. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): RankCorrelation | null {
  const rho = spearman(pairs);
  if (pairs.length < TREND_POINTS || rho === null) return null;
  const stream = new Stream(0, "rank-correlation");
  const drawn: number[] = [];
  for (let k = 0; k < RESAMPLES; k++) {
    const value = spearman(pairs.map(() => pairs[stream.int(pairs.length)] as readonly [number, number]));
    if (value !== null) drawn.push(value);
  }
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))] as number;
  return { n: pairs.length, rho, interval: [at(0.025), at(0.975)] };
}

function spearman(pairs: readonly (readonly [number, number])[]): number | null {
  const x = ranks(pairs.map(([first]) => first));
  const y = ranks(pairs.map(([, second]) => second));
  const middle = (pairs.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, rank] of x.entries()) {
    const [dx, dy] = [rank - middle, (y[i] as number) - middle];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    let [below, equal] = [0, 0];
    for (const other of values) {
      if (other < value) below++;
      else if (other === value) equal++;
    }
    return below + (equal + 1) / 2;
  });
}
