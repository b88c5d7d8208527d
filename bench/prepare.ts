import { fileURLToPath } from "node:url";
import type { Bench, Host } from "./case.ts";
import { headLine, type Machine, machineLines } from "./machine.ts";
import { messageOf } from "./measure/run.ts";
import { type Backend, type BenchOptions, isWasm } from "./options.ts";
import { browserHost } from "./ours/browserHost.ts";
import { nodeHost } from "./ours/nodeHost.ts";
import { isStockWasmInstalled, STOCK_WASM } from "./peers/stockWasm.ts";
import { Torch } from "./peers/torch.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is there to measure with, and how to say so. */
export interface Prepared {
  readonly bench: Bench;
  /** The head of the report. */
  readonly lines: readonly string[];
  /** What was asked for by name and is not there. */
  readonly failures: readonly string[];
}

/** Finds the backends and peers of this machine. Close `bench.host` and stop `bench.torch` at the end. */
export async function prepare(options: BenchOptions, machine: Machine, surroundings: Surroundings): Promise<Prepared> {
  const { root } = surroundings;
  const host = options.browser
    ? await browserHost(options, machine.processor, surroundings)
    : nodeHost(options, machine.processor, root);
  const lines = [...machineLines(machine), ...host.description];
  const failures: string[] = [];
  const backends: Backend[] = [];
  for (const backend of options.backends) {
    const outcome = await probe(host, backend);
    lines.push(headLine(backend, outcome.text));
    if (outcome.works) backends.push(backend);
    else if (options.asked.backends) failures.push(`${backend}: ${outcome.text}`);
  }
  const missing = (peer: string, text: string) => {
    lines.push(headLine(peer, text));
    if (options.asked.peers) failures.push(`${peer}: ${text}`);
  };
  const torch = options.peers.includes("torch") ? await startTorch(options, root) : null;
  if (torch) lines.push(headLine("PyTorch", torchLine(torch)));
  else if (options.peers.includes("torch")) missing("PyTorch", "not installed (Debian: apt install python3-torch)");
  // In the browser stock tfjs is measured on WebGPU only.
  const wantsStockWasm = options.peers.includes("stock") && !options.browser && backends.some(isWasm);
  const stockWasm = wantsStockWasm && isStockWasmInstalled();
  if (wantsStockWasm && !stockWasm) missing("stock tfjs", `not installed (npm install --no-save ${STOCK_WASM})`);
  return { bench: { options, machine, backends, torch, stockWasm, root, host }, lines, failures };
}

async function probe(host: Host, backend: Backend): Promise<{ works: boolean; text: string }> {
  try {
    return { works: true, text: await host.probe(backend) };
  } catch (error) {
    return { works: false, text: `not available: ${messageOf(error)}` };
  }
}

function startTorch({ python }: BenchOptions, root: URL): Promise<Torch | null> {
  const pythons = python ? [python] : ["python3", "/usr/bin/python3", "python"];
  return Torch.start(pythons, fileURLToPath(new URL("bench/peers/torchPeer.py", root)));
}

function torchLine({ facts, python }: Torch): string {
  const { torch, onednn, blas, cuda } = facts;
  const cpu = `CPU ${onednn ? "with" : "without"} oneDNN, BLAS ${blas ?? "unknown"}`;
  return `${torch}, ${cpu}, ${cuda ? `CUDA on ${cuda}` : "no CUDA"} (${python})`;
}
