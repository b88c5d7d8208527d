import type { Command } from "commander";
import type { DetectorChoice } from "../src/detection/params.ts";
import { detectorByName } from "../src/detection/registry.ts";
import { type DetectorScores, type Scoring, scoreSets } from "../src/detection/scoring/scoreSets.ts";
import { searchParams } from "../src/detection/scoring/search.ts";
import { summarise } from "../src/detection/scoring/summarise.ts";
import type { DenseKernels } from "../src/engine/dense/kernels.ts";
import { metricsCsv, metricsRows } from "../src/runs/evaluation/metricsCsv.ts";
import { scoresFile } from "../src/runs/evaluation/scoresFile.ts";
import { searchCsv } from "../src/runs/evaluation/searchCsv.ts";
import { idTestAccuracy } from "../src/runs/imports/accuracyGate.ts";
import { type GivenEvaluation, givenEvaluation } from "../src/runs/imports/givenEvaluation.ts";
import { messageOf } from "../src/study/errors.ts";
import type { SearchResult } from "../src/study/rescore.ts";
import { BadInput, type CommonOptions, log, names, withCommonOptions } from "./context.ts";
import { detectorChoices } from "./detectorOptions.ts";
import { type Interruption, interruptible } from "./interruption.ts";
import { openKernels } from "./kernels.ts";
import { type InputOptions, readScoreInputs, type ScoreInputs, setNames } from "./scoreInputs.ts";
import { scoreProgress } from "./scoreProgress.ts";
import { checkOutFolder, writeWholeFiles } from "./wholeFiles.ts";

interface ScoreOptions extends CommonOptions, InputOptions {
  readonly detector: string[];
  readonly preset: "paper" | "v1.5" | "quick";
  readonly set: string[];
  readonly out: string;
}

const each = (text: string, all: string[]): string[] => [...all, text];

/** `sio score`: every detector that needs no image, on features and logits computed elsewhere. */
export function addScoreCommand(program: Command): void {
  withCommonOptions(program.command("score").description("score features and logits that were computed elsewhere"))
    .requiredOption("--train <file>", "ID train set: features [N,d], logits [N,K], labels [N]")
    .requiredOption("--val <file>", "ID validation set")
    .requiredOption("--id <file>", "ID test set")
    .requiredOption("--ood <name=file>", "an OOD test set (repeat)", each, [] as string[])
    .requiredOption("--head <file>", "weight [K,d], bias [K]")
    .option(
      "--group <name=near|far>",
      "group of an OOD set whose name does not begin with it (repeat)",
      each,
      [] as string[],
    )
    .option("--oodval <file>", "OOD validation set: search the hyper-parameters as OpenOOD v1.5 does")
    .option("--detector <names>", "detectors; default all that need no image", names, [])
    .option("--preset <name>", "paper | v1.5 | quick", "paper")
    .option("--set <detector.param=value>", "a hyper-parameter, e.g. knn.K=100 (repeat)", each, [] as string[])
    .requiredOption("--out <dir>", "for metrics.csv and scores.safetensors")
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  if (!["paper", "v1.5", "quick"].includes(options.preset)) {
    throw new BadInput(`There is no preset "${options.preset}" for detectors. Known: paper, v1.5, quick.`);
  }
  const choices = detectorChoices(options.detector, options.set, false);
  await checkOutFolder(options.out);
  const { sets, head, groups } = await readScoreInputs(options);
  const kernels = await openKernels(options);
  try {
    await interruptible((control) => scoreGiven(options, choices, { sets, head, groups }, kernels, control));
  } finally {
    kernels.dispose();
  }
}

async function scoreGiven(
  options: ScoreOptions,
  choices: readonly DetectorChoice[],
  { sets, head, groups }: ScoreInputs,
  kernels: DenseKernels,
  control: Interruption,
): Promise<void> {
  const given = await givenEvaluation(sets, head, kernels).catch((error: unknown) => {
    throw new BadInput(messageOf(error), { cause: error });
  });
  for (const note of given.notes) log(options, note);
  const progress = scoreProgress(options);
  const scoring: Scoring = {
    preset: options.preset,
    kernels,
    normalisation: null,
    roles: ["test"],
    onProgress: progress.update,
    breathe: () => control.breathe(),
  };
  const searches = options.oodval === undefined ? [] : await searchAll(given, choices, scoring, options);
  const scored: DetectorScores[] = [];
  for (const choice of withWinners(choices, searches)) {
    scored.push(await scoreSets(given.evaluation, given.sets, choice, scoring));
  }
  progress.finish();
  control.check();
  const results = scored.map((scores) => summarise(scores, given.evaluation, given.sets));
  const context = {
    preset: options.preset,
    idAccuracy: idTestAccuracy(given.evaluation, given.sets)?.accuracy ?? null,
    kernelVariant: kernels.variant,
  };
  const files = new Map<string, string | Uint8Array>([
    ["metrics.csv", metricsCsv(results, groups, context)],
    ["scores.safetensors", scoresFile(scored, given.sets, options.preset)],
  ]);
  if (searches.length > 0) files.set("search.csv", searchCsv(searches));
  await writeWholeFiles(options.out, files);
  for (const { detector, undefinedBecause } of results) {
    if (undefinedBecause !== null) log(options, `${detectorByName(detector).title}: ${undefinedBecause}`);
  }
  const report = {
    out: options.out,
    metrics: metricsRows(results, groups, context),
    search: searches,
    notes: given.notes,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else log(options, `${[...files.keys()].join(", ")} written to ${options.out}.`);
}

/** The v1.5 search of every detector that has a grid and no value of the user's. */
async function searchAll(
  { evaluation, sets }: GivenEvaluation,
  choices: readonly DetectorChoice[],
  scoring: Scoring,
  options: ScoreOptions,
): Promise<SearchResult[]> {
  const searches: SearchResult[] = [];
  for (const { name, params } of choices) {
    if (Object.keys(detectorByName(name).grid).length === 0) continue;
    if (params !== undefined) {
      log(options, `${name}: not searched, since --set gives its values.`);
      continue;
    }
    const search = await searchParams(evaluation, sets, name, scoring);
    searches.push({ ...search, valSets: search.valSets.map((set) => (set === setNames.oodVal ? "oodval" : set)) });
    for (const [k, { params: tried, auroc, undefinedBecause }] of search.candidates.entries()) {
      const value = auroc === null ? undefinedBecause : `AUROC ${(auroc * 100).toFixed(2)} %`;
      log(options, `${name} ${JSON.stringify(tried)}: ${value}${k === search.best ? "  ← chosen" : ""}`);
    }
  }
  return searches;
}

function withWinners(choices: readonly DetectorChoice[], searches: readonly SearchResult[]): DetectorChoice[] {
  return choices.map((choice) => {
    const search = searches.find(({ detector }) => detector === choice.name);
    const winner = search?.best == null ? undefined : search.candidates[search.best];
    return winner === undefined ? choice : { ...choice, params: winner.params };
  });
}
