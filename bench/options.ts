import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";

export const CASES = ["train", "infer", "gemm", "conv", "score", "sample"] as const;
export type CaseName = (typeof CASES)[number];
const IN_BROWSER: readonly CaseName[] = ["train", "infer"];

/** `tape` is stock tfjs on WebGPU, `webgpu` the static plan on the same device. */
export const BACKENDS = ["wasm-relaxed", "wasm-simd", "webgpu", "tape"] as const;
export type Backend = (typeof BACKENDS)[number];

export const isWasm = (backend: Backend) => backend.startsWith("wasm");

/** `torch`: PyTorch on CPU and, where there is one, CUDA. `stock`: stock tfjs on the same backend. */
export const PEERS = ["torch", "stock"] as const;
export type Peer = (typeof PEERS)[number];

export interface BenchOptions {
  readonly cases: readonly CaseName[];
  readonly backends: readonly Backend[];
  readonly peers: readonly Peer[];
  /** Which of the two lists above were asked for by name: what is asked for and missing is a failure. */
  readonly asked: { readonly backends: boolean; readonly peers: boolean };
  readonly widths: readonly number[];
  readonly batch: number;
  /** Train images that detectors are fitted on; test images are 1.2 times as many. */
  readonly rows: number;
  /** Names of detectors; null = all. */
  readonly detectors: readonly string[] | null;
  /** Height = width of the images. */
  readonly imageSize: number;
  readonly threads: readonly number[];
  readonly rounds: number;
  /** Aimed at per turn; a turn is at least one repetition. */
  readonly seconds: number;
  /** Where the rows go as JSON; null = nowhere. */
  readonly json: string | null;
  readonly browser: boolean;
  readonly software: boolean;
  /** The Python to look for PyTorch in; null = the usual places. */
  readonly python: string | null;
}

/** The command line was wrong: the message says what, why and what to do. */
export class BadOption extends Error {
  override name = "BadOption";
}

export const HELP = `npm run bench -- [options]

Measures this engine and its peers in turn, in one run, and prints both with their ratio (> 1: ours is faster).

  --case NAME       ${CASES.join(" | ")}; repeatable or comma-separated; default all
  --backend NAME    ${BACKENDS.join(" | ")}; repeatable; default all that this machine has
  --peer NAME       ${PEERS.join(" | ")} | none; repeatable; default all that are installed
  --width N,N       widths of ResNet-18 for train and infer, and the width whose shapes conv takes (default 8,16,64)
  --batch N         images a step (default 128)
  --detector NAME   which detectors score measures; repeatable; default all
  --rows N          train images for score; 1.2 times as many are scored (default 50000)
  --image N         image height = width in pixels, a multiple of 8 (default 32)
  --threads N,N     threads of ours and of PyTorch alike (default: all cores, then 1)
  --rounds N        turns each; the median counts (default 5)
  --seconds S       length aimed at for a turn (default 2)
  --json FILE       writes the rows as JSON
  --browser         train and infer in headless Chromium instead of Node
  --software        accept a software GPU adapter: shows that it works, says nothing about speed
  --python FILE     the Python in which PyTorch is looked for (default: python3 on PATH, then /usr/bin/python3)
  --help            this text
`;

/**
 * Reads the command line. null where help is asked for.
 *
 * @param cores threads of this machine, for the default of --threads
 * @throws BadOption
 */
export function readOptions(args: readonly string[], cores: number): BenchOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const peers = listOf("peer", values.peer, [...PEERS, "none"], [...PEERS]);
  if (peers.includes("none") && peers.length > 1) throw new BadOption("--peer none excludes every other --peer.");
  const imageSize = integer("image", values.image, 32, 8, 256);
  if (imageSize % 8 !== 0) throw new BadOption(`--image takes a multiple of 8, not ${imageSize}.`);
  const widths = integers("width", values.width, [8, 16, 64], 8, 512);
  const odd = widths.find((width) => width % 8 !== 0);
  if (odd !== undefined) throw new BadOption(`--width takes multiples of 8, not ${odd}.`);
  const browser = values.browser ?? false;
  const cases = listOf("case", values.case, CASES, browser ? IN_BROWSER : CASES);
  const nodeOnly = browser && cases.find((each) => !IN_BROWSER.includes(each));
  if (nodeOnly) throw new BadOption(`--browser measures ${IN_BROWSER.join(" and ")}, not ${nodeOnly}.`);
  const json = values.json ?? null;
  if (json !== null && !existsSync(dirname(resolve(json)))) {
    throw new BadOption(`--json ${json}: there is no folder ${dirname(resolve(json))}. Create it first.`);
  }
  return {
    cases,
    backends: listOf("backend", values.backend, BACKENDS, BACKENDS),
    peers: peers.filter((peer): peer is Peer => peer !== "none"),
    asked: { backends: values.backend !== undefined, peers: values.peer !== undefined || values.python !== undefined },
    widths,
    batch: integer("batch", values.batch, 128, 2, 4096),
    rows: integer("rows", values.rows, 50_000, 1000, 1_000_000),
    detectors: values.detector?.flatMap((each) => each.split(",")) ?? null,
    imageSize,
    threads: integers("threads", values.threads, cores > 1 ? [cores, 1] : [1], 1, 64),
    rounds: integer("rounds", values.rounds, 5, 1, 1000),
    seconds: positive("seconds", values.seconds, 2),
    json,
    browser,
    software: values.software ?? false,
    python: values.python ?? null,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const texts = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ case: texts, backend: texts, peer: texts, width: texts, threads: texts, detector: texts },
        ...{ batch: text, rows: text, image: text, rounds: text, seconds: text, json: text, python: text },
        ...{ browser: flag, software: flag, help: flag },
      },
    }).values;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new BadOption(`${what.replace(/\.?$/, ".")} See --help.`, { cause });
  }
}

/** A repeatable option of known words, each once; words may also be separated by commas. */
function listOf<Word extends string>(
  name: string,
  given: readonly string[] | undefined,
  known: readonly Word[],
  otherwise: readonly Word[],
): Word[] {
  if (given === undefined) return [...otherwise];
  const words = new Set<Word>();
  for (const asked of given.flatMap((each) => each.split(","))) {
    const word = known.find((each) => each === asked);
    if (word === undefined) throw new BadOption(`--${name} takes ${known.join(", ")}, not "${asked}".`);
    words.add(word);
  }
  return [...words];
}

function integers(
  name: string,
  given: readonly string[] | undefined,
  otherwise: readonly number[],
  least: number,
  most: number,
): number[] {
  if (given === undefined) return [...otherwise];
  return [...new Set(given.flatMap((each) => each.split(",")).map((each) => integer(name, each, 0, least, most)))];
}

function integer(name: string, given: string | undefined, otherwise: number, least: number, most: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= least && value <= most) return value;
  throw new BadOption(`--${name} takes a whole number from ${least} to ${most}, not "${given}".`);
}

function positive(name: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (given.trim() !== "" && value > 0 && value <= 600) return value;
  throw new BadOption(`--${name} takes a number above 0 and up to 600, not "${given}".`);
}
