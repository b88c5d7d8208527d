import type { Benchmark } from "../../data/benchmark.ts";
import type { Engine, Network } from "../../engine/network.ts";
import type { Cell } from "../../study/cell.ts";
import type { Checkpoint } from "../../training/checkpoint.ts";
import { createCellNetwork } from "../trainCell.ts";

/** What lies behind an evaluation whose classifier and images are here. */
export interface NetworkSource {
  readonly benchmark: Pick<Benchmark, "load" | "loadSome">;
  /** The trained network; whoever asks for it disposes it. */
  open(engine: Engine): Promise<Network>;
}

/** The network of a cell with the weights of a checkpoint; whoever asks for it disposes it. */
export async function openTrained(
  engine: Engine,
  benchmark: Benchmark,
  cell: Cell,
  checkpoint: Checkpoint,
): Promise<Network> {
  const network = await createCellNetwork(engine, benchmark, cell);
  try {
    await network.importState(checkpoint.state);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}
