import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { withFile } from "../src/checkpoints/node/fileSource.ts";
import { openStateDict } from "../src/checkpoints/stateDict.ts";
import type { DetectorChoice } from "../src/detection/params.ts";
import { detectorByName } from "../src/detection/registry.ts";
import { type DetectorScores, scoreSets } from "../src/detection/scoring/scoreSets.ts";
import { summarise } from "../src/detection/scoring/summarise.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { evaluateCheckpoint } from "../src/runs/evaluation/evaluateCheckpoint.ts";
import { type MetricsContext, metricsCsv, metricsRows } from "../src/runs/evaluation/metricsCsv.ts";
import { type ScoreContext, scoringOf } from "../src/runs/evaluation/rescore.ts";
import { scoresFile } from "../src/runs/evaluation/scoresFile.ts";
import type { OpenedTarget } from "../src/runs/evaluation/scoreTarget.ts";
import { type Expectation, expectedFromName } from "../src/runs/imports/accuracyGate.ts";
import {
  type ClassifierCheckpoint,
  checkFits,
  classifierCheckpoint,
} from "../src/runs/imports/classifierCheckpoint.ts";
import { FilesStore } from "../src/storage/files.ts";
import { messageOf } from "../src/study/errors.ts";
import { BadInput, backendRequest, type CommonOptions, log, names, withCommonOptions } from "./context.ts";
import { detectorChoices } from "./detectorOptions.ts";
import { openEngine } from "./engine.ts";
import { interruptible } from "./interruption.ts";
import { openKernels } from "./kernels.ts";
import { scoreProgress } from "./scoreProgress.ts";
import { checkOutFolder, writeWholeFiles } from "./wholeFiles.ts";

interface EvaluateOptions extends CommonOptions {
  readonly benchmark: string;
  readonly store?: string;
  readonly preset: "paper" | "v1.5" | "quick";
  readonly detector: string[];
  readonly set: string[];
  readonly expectAccuracy?: number;
  readonly acceptAccuracy?: true;
  readonly out: string;
}

/** `sio evaluate`: every detector on an existing classifier, OpenOOD's `.ckpt` or this program's own. */
export function addEvaluateCommand(program: Command): void {
  withCommonOptions(program.command("evaluate").description("detectors on an existing classifier"))
    .argument("<checkpoint>", "state_dict of torch.save (.ckpt) or checkpoint.safetensors")
    .requiredOption("--benchmark <id>", "what it was trained on: shapes, cifar10 …")
    .option("--store <dir>", "where imported datasets are")
    .option("--preset <name>", "paper | v1.5 | quick", "paper")
    .option("--detector <names>", "detectors; default all", names, [])
    .option(
      "--set <detector.param=value>",
      "a hyper-parameter, e.g. knn.K=100 (repeat)",
      (text: string, all: string[]) => [...all, text],
      [] as string[],
    )
    .option("--expect-accuracy <a>", "ID test accuracy that it should have, 0.9522 or 95.22", fraction)
    .option("--accept-accuracy", "go on although the ID test accuracy is not what it should be")
    .requiredOption("--out <dir>", "for metrics.csv and scores.safetensors")
    .action(evaluate);
}

async function evaluate(path: string, options: EvaluateOptions): Promise<void> {
  if (!["paper", "v1.5", "quick"].includes(options.preset)) {
    throw new BadInput(`There is no preset "${options.preset}" for detectors. Known: paper, v1.5, quick.`);
  }
  const choices = detectorChoices(options.detector, options.set, true);
  await checkOutFolder(options.out);
  // Features of a large benchmark do not fit into memory; they are of no use once the scores are written.
  const folder = await mkdtemp(join(tmpdir(), "sio-evaluate-"));
  try {
    const checkpoint = await orBad(() => readCheckpoint(path));
    const datasets = await FilesStore.open(options.store ?? join(folder, "datasets"));
    const benchmark = await orBad(() => openBenchmark(options.benchmark, datasets));
    await orBad(async () => checkFits(checkpoint, benchmark.info));
    for (const note of checkpoint.notes) log(options, note);
    const engine = await openEngine(backendRequest(options));
    const kernels = await openKernels(options);
    const progress = scoreProgress(options);
    const store = await FilesStore.open(join(folder, "evaluation"));
    try {
      await interruptible(async (control) => {
        const context: ScoreContext = {
          store,
          engine: async () => engine,
          kernels,
          control,
          emit: (event) => {
            if (event.kind === "notice") log(options, event.text);
            if (event.kind === "progress") progress.update(event.done, event.total, "evaluation");
          },
          turn: (work) => work(),
        };
        const { gate, target } = await evaluateCheckpoint({
          ...context,
          checkpoint,
          benchmark,
          preset: options.preset,
          choices,
          expectation: expectationOf(options, path),
          acceptAccuracy: options.acceptAccuracy === true,
          prefix: "evaluation",
          onGate: ({ open, reason }) => {
            progress.finish();
            if (open) log(options, reason);
          },
        });
        if (target === null) {
          if (options.json) process.stdout.write(`${JSON.stringify({ out: null, gate, notes: checkpoint.notes })}\n`);
          throw new Error(`${gate.reason} No OOD number is shown; --accept-accuracy goes on all the same.`);
        }
        const scored = await scoreTests(target, choices, context);
        progress.finish();
        control.check();
        const about = {
          benchmark: benchmark.info.id,
          network: checkpoint.spec.architecture,
          width: checkpoint.spec.width,
          preset: options.preset,
          idAccuracy: gate.measured,
          backend: engine.backend.name,
          threads: engine.backend.threads,
          kernelVariant: kernels.variant,
        };
        const rows = await writeScored(options, target, scored, about);
        const report = { out: options.out, gate, metrics: rows, notes: checkpoint.notes };
        if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      });
    } finally {
      kernels.dispose();
      engine.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scoreTests(
  target: OpenedTarget,
  choices: readonly DetectorChoice[],
  context: ScoreContext,
): Promise<DetectorScores[]> {
  const scored: DetectorScores[] = [];
  for (const choice of choices) {
    const scoring = { ...scoringOf(target, context), roles: ["test"] as const };
    scored.push(await scoreSets(target.evaluation, target.sets, choice, scoring));
  }
  return scored;
}

/** Writes metrics.csv and scores.safetensors; returns the rows of the former. */
async function writeScored(
  options: EvaluateOptions,
  { evaluation, sets }: OpenedTarget,
  scored: readonly DetectorScores[],
  about: MetricsContext,
): Promise<ReturnType<typeof metricsRows>> {
  const results = scored.map((scores) => summarise(scores, evaluation, sets));
  const groups = new Map(sets.flatMap(({ name, group }) => (group === "id" ? [] : [[name, group] as const])));
  await writeWholeFiles(
    options.out,
    new Map<string, string | Uint8Array>([
      ["metrics.csv", metricsCsv(results, groups, about)],
      ["scores.safetensors", scoresFile(scored, sets, options.preset)],
    ]),
  );
  for (const { detector, undefinedBecause } of results) {
    if (undefinedBecause !== null) log(options, `${detectorByName(detector).title}: ${undefinedBecause}`);
  }
  if (!options.json) log(options, `metrics.csv, scores.safetensors written to ${options.out}.`);
  return metricsRows(results, groups, about);
}

function readCheckpoint(path: string): Promise<ClassifierCheckpoint> {
  return withFile(path, async (source) => classifierCheckpoint(await openStateDict(source))).catch((cause: unknown) => {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  });
}

function expectationOf({ expectAccuracy }: EvaluateOptions, path: string): Expectation | null {
  if (expectAccuracy !== undefined) return { accuracy: expectAccuracy, from: "--expect-accuracy" };
  return expectedFromName(basename(path));
}

function fraction(text: string): number {
  const value = Number(text);
  const share = value > 1 ? value / 100 : value;
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError("An accuracy is 0 … 1 or percent.");
  return share;
}

async function orBad<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new BadInput(messageOf(cause), { cause });
  }
}
