import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { detectorByName, detectors as knownDetectors } from "../src/detection/registry.ts";
import { listGenerators } from "../src/generators/registry.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { predictStudy } from "../src/runs/predict.ts";
import { FilesStore } from "../src/storage/files.ts";
import { MemoryStore } from "../src/storage/memory.ts";
import { messageOf } from "../src/study/errors.ts";
import type { Provenance } from "../src/study/provenance.ts";
import { type PresetName, presetNames, type Recipe } from "../src/study/recipe.ts";
import { type GeneratorFile, planStudy, type Study } from "../src/study/study.ts";
import { trainingMethod } from "../src/training/methods/registry.ts";
import {
  BadInput,
  backendRequest,
  type CommonOptions,
  integer,
  log,
  names,
  numbers,
  withCommonOptions,
} from "./context.ts";
import { openEngine } from "./engine.ts";
import { generatorFile, namesFile } from "./generatorFiles.ts";
import { namesOnly } from "./generators.ts";

interface StudyOptions extends CommonOptions {
  readonly benchmark: string;
  readonly preset: string;
  readonly network: string;
  readonly width?: number;
  readonly method: string[];
  readonly generator: string[];
  readonly provenance: Provenance;
  readonly alpha: number[];
  readonly pool: number[];
  readonly poolSeed: number;
  readonly seeds: number[];
  readonly detector: string[];
  readonly set: string[];
  readonly name?: string;
  readonly store?: string;
  readonly predict: boolean;
  readonly out: string;
}

/** `sio study`: plans a grid of cells and writes it as a study file. */
export function addStudyCommand(program: Command): void {
  withCommonOptions(program.command("study").description("plan a study: a grid of cells"))
    .requiredOption("--benchmark <id>", "shapes, shapes-ood-is-id, shapes-shuffled-labels, cifar10")
    .option("--preset <name>", presetNames.join(" | "), "quick")
    .option("--network <name>", "classifier", "resnet18")
    .option("--width <n>", "channels of the first stage; default from the preset", integer)
    .option("--method <names>", "training methods", names, [])
    .option(
      "--generator <names>",
      "generators, e.g. simulated-3,interpolation, or a checkpoint or image file",
      names,
      [],
    )
    .addOption(
      new Option("--provenance <what>", "what generators that are files were trained on")
        .choices(["same-real-set", "superset", "knows-the-renderer", "unknown"])
        .default("unknown"),
    )
    .option("--alpha <values>", "shares of real images", numbers, [0, 0.5, 0.8, 1])
    .option("--pool <sizes>", "images of the pool", numbers, [20_000])
    .option("--pool-seed <n>", "seed of the pools", integer, 0)
    .option("--seeds <values>", "seeds of the runs", numbers, [0, 1, 2])
    .option("--detector <names>", "detectors; default all", names, [])
    .option(
      "--set <key=value>",
      "a field of the recipe, e.g. steps=100",
      (text: string, all: string[]) => [...all, text],
      [] as string[],
    )
    .option("--name <text>", "name of the study")
    .option("--store <dir>", "where imported datasets are")
    .option("--no-predict", "skip the probe that predicts minutes")
    .requiredOption("--out <file>", "the study file to write")
    .action(async (options: StudyOptions) => {
      const study = await plan(options);
      await writeFile(options.out, `${JSON.stringify(study, null, 1)}\n`);
      await report(study, options);
    });
}

async function plan(options: StudyOptions): Promise<Study> {
  if (!presetNames.includes(options.preset as PresetName)) {
    throw new BadInput(`There is no preset "${options.preset}". Known: ${presetNames.join(", ")}.`);
  }
  if (options.network !== "resnet18")
    throw new BadInput(`There is no network "${options.network}" yet. Known: resnet18.`);
  const store = options.store === undefined ? new MemoryStore() : await FilesStore.open(options.store);
  try {
    const { info } = await openBenchmark(options.benchmark, store);
    const known = (await listGenerators(info, namesOnly(store))).map((generator) => generator.id);
    const files: GeneratorFile[] = [];
    const generators: string[] = [];
    for (const id of options.generator) {
      if (!known.includes(id) && (await namesFile(id))) {
        const file = await generatorFile(id, info, options.provenance);
        files.push(file);
        generators.push(file.id);
        continue;
      }
      generators.push(id);
      if (!known.includes(id) && !/^simulated-[1-7]-c/.test(id)) {
        throw new BadInput(`${info.title} has no generator "${id}". Known: ${known.join(", ")}.`);
      }
    }
    const chosen = options.detector.length > 0 ? options.detector : knownDetectors.map((detector) => detector.name);
    for (const name of chosen) detectorByName(name);
    for (const name of options.method) trainingMethod(name);
    return planStudy({
      ...(options.name === undefined ? {} : { name: options.name }),
      benchmark: options.benchmark,
      preset: options.preset as PresetName,
      ...(options.width === undefined ? {} : { width: options.width }),
      ...(options.method.length === 0 ? {} : { methods: options.method }),
      generators,
      generatorFiles: files,
      alphas: options.alpha,
      pools: options.pool,
      poolSeed: options.poolSeed,
      seeds: options.seeds,
      detectors: chosen,
      overrides: overrides(options.set),
    });
  } catch (error) {
    throw error instanceof BadInput ? error : new BadInput(messageOf(error), { cause: error });
  }
}

/** "steps=100" → {steps: 100, epochs: null}: a budget of one kind takes the other away. */
function overrides(settings: readonly string[]): Partial<Recipe> {
  const result: Record<string, unknown> = {};
  for (const setting of settings) {
    const [key = "", ...rest] = setting.split("=");
    const text = rest.join("=");
    if (text === "") throw new BadInput(`--set takes KEY=VALUE, not "${setting}".`);
    result[key] = text === "null" ? null : Number.isFinite(Number(text)) ? Number(text) : text;
    if (key === "steps") result.epochs = null;
    if (key === "epochs") result.steps = null;
  }
  return result as Partial<Recipe>;
}

async function report(study: Study, options: StudyOptions): Promise<void> {
  const prediction = options.predict ? await predictHere(study, options) : null;
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ file: options.out, cells: study.cells.map((cell) => cell.id), prediction })}\n`,
    );
    return;
  }
  for (const cell of study.cells) process.stdout.write(`${cell.id}\n`);
  const cost =
    prediction === null
      ? ""
      : ` About ${Math.ceil(prediction.seconds / 60)} minutes and ${Math.ceil(prediction.bytes / 1e6)} MB on ${prediction.backend} with ${prediction.threads} thread(s).`;
  log(options, `${study.cells.length} cells in ${options.out}.${cost}`);
}

async function predictHere(study: Study, options: StudyOptions) {
  const store = options.store === undefined ? new MemoryStore() : await FilesStore.open(options.store);
  const benchmark = await openBenchmark(study.benchmark, store);
  const engine = await openEngine(backendRequest(options));
  try {
    return {
      ...(await predictStudy(study.cells, benchmark, engine)),
      backend: engine.backend.name,
      threads: engine.backend.threads,
    };
  } finally {
    engine.dispose();
  }
}
