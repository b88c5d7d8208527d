import type { Bench, Case } from "../case.ts";
import type { Match, Opening } from "../measure/contestant.ts";
import { isWasm } from "../options.ts";
import { type NetworkWork, networkContestant, parameterCount, specOf } from "../ours/networkContestant.ts";
import { openStockWasm } from "../peers/stockWasm.ts";

const CLASSES = 10;
/** Stock tfjs on wasm takes seconds a step: wider networks only where it is asked for by name. */
const STOCK_WIDTH = 8;

/** ResNet-18 of each width: training steps or evaluation forward passes. */
export const networkCase =
  (kind: NetworkWork["kind"]): Case =>
  async (bench) => {
    const { widths, batch, imageSize } = bench.options;
    return widths.flatMap((width) => {
      const work: NetworkWork = { kind, width, classes: CLASSES, imageSize, batch };
      return [...wasmMatches(bench, work), ...gpuMatches(bench, work)];
    });
  };

function titled({ kind, width, batch, imageSize }: NetworkWork): Pick<Match, "title" | "unit" | "amount"> {
  const pixels = imageSize === 32 ? "" : ` ${imageSize} px`;
  return { title: `${kind} width ${width} batch ${batch}${pixels}`, unit: "img/s", amount: batch };
}

/** For each number of threads: every wasm variant against PyTorch on as many. */
function wasmMatches(bench: Bench, work: NetworkWork): Match[] {
  const { threads, asked } = bench.options;
  const backends = bench.backends.filter(isWasm);
  if (backends.length === 0) return [];
  const fewest = Math.min(...threads);
  const stock = bench.stockWasm && (work.width <= STOCK_WIDTH || asked.peers);
  return threads.map((count) => ({
    ...titled(work),
    ours: backends.map(
      (backend): Opening =>
        () =>
          bench.host.openNetwork(backend, count, work),
    ),
    // Stock tfjs has one thread in Node: it stands beside ours with the fewest.
    peers: [...torchPeers(bench, work, "cpu", count), ...(stock && count === fewest ? [stockPeer(bench, work)] : [])],
  }));
}

/** The plan on WebGPU against stock tfjs on the same adapter and PyTorch on CUDA; a software adapter in miniature. */
function gpuMatches(bench: Bench, asked: NetworkWork): Match[] {
  const ours = bench.backends.find((backend) => backend === "webgpu");
  const tape = bench.backends.find((backend) => backend === "tape");
  const first = ours ?? tape;
  if (!first) return [];
  const software = bench.options.software;
  if (software && asked.width !== bench.options.widths[0]) return [];
  const work = software ? { ...asked, width: 8, imageSize: 16, batch: 4 } : asked;
  const title = titled(work);
  const stock = ours && tape && bench.options.peers.includes("stock");
  return [
    {
      ...title,
      title: software ? `${title.title} (software adapter: not a speed)` : title.title,
      ours: [() => bench.host.openNetwork(first, 1, work)],
      peers: [
        ...(stock ? [() => bench.host.openNetwork(tape, 1, work)] : []),
        ...(software ? [] : torchPeers(bench, work, "cuda", 1)),
      ],
    },
  ];
}

function torchPeers(bench: Bench, work: NetworkWork, device: "cpu" | "cuda", threads: number): Opening[] {
  const { torch, machine } = bench;
  if (!torch || (device === "cuda" && torch.facts.cuda === null)) return [];
  const deviceName = device === "cuda" ? (torch.facts.cuda ?? "") : machine.processor;
  return [() => torch.open(work, { device, threads, deviceName, parameters: parameterCount(specOf(work)) })];
}

function stockPeer(bench: Bench, work: NetworkWork): Opening {
  const name = work.kind === "train" ? "tfjs 4.22 wasm + stop-gap" : "tfjs 4.22 wasm";
  return async () => networkContestant(await openStockWasm(), work, { device: bench.machine.processor, name });
}
