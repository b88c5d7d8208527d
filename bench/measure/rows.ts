import type { Contestant, Match } from "./contestant.ts";
import { type Spread, spread } from "./statistics.ts";

/** One comparison, as `--json` writes it. */
export interface BenchRow {
  readonly case: string;
  readonly device: string;
  readonly backend: string;
  readonly threads: number;
  /** Median throughput in `unit`. */
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  readonly unit: Match["unit"];
  /** ours / peer: above 1, ours is faster. */
  readonly ratio: number | null;
  /** Slowest and fastest round. */
  readonly oursRange: readonly [number, number];
  readonly peerRange: readonly [number, number] | null;
  readonly peerDevice: string | null;
  readonly peerThreads: number | null;
  /** Which kernel did ours, where the case compares several. */
  readonly kernel: string | null;
  /** ours as a share of the measured arithmetic peak of as many threads. */
  readonly shareOfPeak: number | null;
}

/** Throughput over the rounds of one contestant. */
export interface Measured {
  readonly contestant: Pick<Contestant, "name" | "device" | "threads" | "kernel" | "peak">;
  /** Seconds of one repetition in each round. */
  readonly seconds: readonly number[];
}

type Work = Pick<Match, "title" | "unit" | "amount">;

/** Each of ours against each peer; ours alone where there is none. */
export function rowsOf(work: Work, ours: readonly Measured[], peers: readonly Measured[]): BenchRow[] {
  return ours.flatMap((own) =>
    peers.length === 0 ? [row(work, own, null)] : peers.map((peer) => row(work, own, peer)),
  );
}

function row({ title, unit, amount }: Work, own: Measured, peer: Measured | null): BenchRow {
  const rate = ({ seconds }: Measured): Spread => spread(seconds.map((each) => amount / each));
  const ours = rate(own);
  const theirs = peer && rate(peer);
  return {
    case: title,
    device: own.contestant.device,
    backend: own.contestant.name,
    threads: own.contestant.threads,
    ours: ours.median,
    peer: theirs?.median ?? null,
    peerName: peer?.contestant.name ?? null,
    unit,
    ratio: theirs ? ours.median / theirs.median : null,
    oursRange: [ours.least, ours.most],
    peerRange: theirs ? [theirs.least, theirs.most] : null,
    peerDevice: peer?.contestant.device ?? null,
    peerThreads: peer?.contestant.threads ?? null,
    kernel: own.contestant.kernel ?? null,
    shareOfPeak: own.contestant.peak === undefined ? null : ours.median / own.contestant.peak,
  };
}
