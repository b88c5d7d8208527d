/** One side of a comparison, ready to work. */
export interface Contestant {
  /** e.g. "wasm-relaxed", "PyTorch 1.13.0 CPU". */
  readonly name: string;
  /** What it runs on: processor or GPU adapter. */
  readonly device: string;
  readonly threads: number;
  /** Which of several ways to do the work, where a case compares them: "direct", "winograd". */
  readonly kernel?: string;
  /** GFLOP/s that its threads reach at most, measured; left out where the work is not arithmetic alone. */
  readonly peak?: number;
  /** Does the work `times` times over and resolves with the seconds this took by its own clock. */
  turn(times: number): Promise<number>;
  close(): Promise<void>;
}

/** One amount of work, done by ours and by peers. Opened, measured and closed before the next match opens. */
export interface Match {
  /** Begins with the case's name: "train width 8 batch 128". */
  readonly title: string;
  readonly unit: "img/s" | "GFLOP/s";
  /** How many units one repetition is: images, or GFLOP. */
  readonly amount: number;
  readonly ours: readonly Opening[];
  /** Each stands against each of ours. */
  readonly peers: readonly Opening[];
  /** Shortens the turns of a case of many small matches: a share of `--seconds`; 1 where left out. */
  readonly haste?: number;
}

export type Opening = () => Promise<Contestant>;
