import type { Machine } from "./machine.ts";
import type { Contestant, Match } from "./measure/contestant.ts";
import type { Backend, BenchOptions } from "./options.ts";
import type { NetworkWork } from "./ours/networkContestant.ts";
import type { Torch } from "./peers/torch.ts";

/** What the cases have to work with. */
export interface Bench {
  readonly options: BenchOptions;
  readonly machine: Machine;
  /** Those of the asked-for backends that work here. */
  readonly backends: readonly Backend[];
  /** null where PyTorch is not installed or not wanted. */
  readonly torch: Torch | null;
  /** Whether stock tfjs on WebAssembly is wanted and installed. */
  readonly stockWasm: boolean;
  /** The checkout, as a URL with a trailing slash. */
  readonly root: URL;
  readonly host: Host;
}

/** Where our engine runs: this Node or a browser. */
export interface Host {
  /** Lines for the head of the report. */
  readonly description: readonly string[];
  /** Resolves with the device's name where the backend works; rejects with the reason where it does not. */
  probe(backend: Backend): Promise<string>;
  /** Our engine at work. */
  openNetwork(backend: Backend, threads: number, work: NetworkWork): Promise<Contestant>;
  close(): Promise<void>;
}

/** What a case compares, in order; each match is opened only when its turn comes. */
export type Case = (bench: Bench) => Promise<readonly Match[]>;
