import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { FeatureDtypeChoice } from "../src/detection/evaluation/evaluationPlan.ts";
import type { DenseKernels } from "../src/engine/dense/kernels.ts";
import { EngineKeeper } from "../src/engine/keeper.ts";
import { FilesStore } from "../src/storage/files.ts";
import { messageOf } from "../src/study/errors.ts";
import { parseStudy, type Study } from "../src/study/study.ts";
import { BadInput, backendRequest, type CommonOptions, log, names, withCommonOptions } from "./context.ts";
import { openEngine } from "./engine.ts";
import { keepGeneratorFiles } from "./generatorFiles.ts";
import { nodeGenerators } from "./generators.ts";
import { openImageOps } from "./imageOps.ts";
import { openKernels } from "./kernels.ts";
import { runStudy } from "./runStudy.ts";

interface RunOptions extends CommonOptions {
  readonly out: string;
  readonly store?: string;
  readonly cell: string[];
  readonly features: FeatureDtypeChoice;
  readonly resume?: true;
}

/** `sio run`: pools, trains and evaluates the cells of a study; what is finished is skipped, what was cut off goes on. */
export function addRunCommand(program: Command): void {
  withCommonOptions(program.command("run").description("run a study: pools, training, evaluation"))
    .argument("<study>", "study file")
    .requiredOption("--out <dir>", "results")
    .option("--store <dir>", "where pools, datasets and checkpoints are kept; default OUT/store")
    .option("--cell <ids>", "only these cells", names, [])
    .addOption(
      new Option("--features <dtype>", "how features are kept; auto = float16 only where float32 leaves little room")
        .choices(["auto", "float32", "float16"])
        .default("auto"),
    )
    .option("--resume", "go on with what was cut off (always done; kept for scripts)")
    .action(async (file: string, options: RunOptions) => {
      const study = await readStudy(file);
      const cells = chooseCells(study, options.cell);
      const store = await FilesStore.open(options.store ?? join(options.out, "store"));
      await keepGeneratorFiles(study, store, (text) => log(options, text));
      const request = backendRequest(options);
      const keeper = new EngineKeeper(openEngine);
      const engine = () => keeper.engineFor(request);
      const { backend } = await engine();
      log(options, `${backend.name}, ${backend.threads} thread(s). ${backend.reason}`);
      const opened: Promise<DenseKernels>[] = [];
      const kernels = (): Promise<DenseKernels> => {
        if (opened.length === 0) opened.push(openKernels(options));
        return opened[0] as Promise<DenseKernels>;
      };
      const opsKeeper = new EngineKeeper(openImageOps);
      const generators = nodeGenerators(store, {
        openOps: async () => (await opsKeeper.engineFor(request)).ops,
        engine,
      });
      try {
        const machine = { store, generators, engine, kernels, features: options.features };
        process.exitCode = await runStudy(study, cells, machine, options);
      } finally {
        await keeper.close();
        await opsKeeper.close();
        for (const each of opened) (await each).dispose();
      }
    });
}

async function readStudy(file: string): Promise<Study> {
  try {
    return parseStudy(await readFile(file, "utf8"));
  } catch (error) {
    throw new BadInput(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

function chooseCells(study: Study, ids: readonly string[]): Study["cells"] {
  for (const id of ids) {
    if (!study.cells.some((cell) => cell.id === id)) throw new BadInput(`The study has no cell "${id}".`);
  }
  return ids.length === 0 ? study.cells : study.cells.filter((cell) => ids.includes(cell.id));
}
