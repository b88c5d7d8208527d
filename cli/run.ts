import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { EngineKeeper } from "../src/engine/keeper.ts";
import { RunQueue } from "../src/runs/queue.ts";
import { readSummary } from "../src/runs/summaries.ts";
import { FilesStore } from "../src/storage/files.ts";
import { messageOf } from "../src/study/errors.ts";
import { parseStudy, type Study } from "../src/study/study.ts";
import type { CellSummary } from "../src/study/summary.ts";
import { BadInput, backendRequest, type CommonOptions, log, names, withCommonOptions } from "./context.ts";
import { openEngine } from "./engine.ts";
import { writeCell, writeResults } from "./outputs.ts";
import { nodePorts } from "./ports.ts";
import { Progress } from "./progress.ts";

interface RunOptions extends CommonOptions {
  readonly out: string;
  readonly store?: string;
  readonly cell: string[];
  readonly resume?: true;
}

/** `sio run`: pools, trains and evaluates the cells of a study; what is finished is skipped, what was cut off goes on. */
export function addRunCommand(program: Command): void {
  withCommonOptions(program.command("run").description("run a study: pools, training, evaluation"))
    .argument("<study>", "study file")
    .requiredOption("--out <dir>", "results")
    .option("--store <dir>", "where pools, datasets and checkpoints are kept; default OUT/store")
    .option("--cell <ids>", "only these cells", names, [])
    .option("--resume", "go on with what was cut off (always done; kept for scripts)")
    .action(async (file: string, options: RunOptions) => {
      const study = await readStudy(file);
      const cells = chooseCells(study, options.cell);
      const store = await FilesStore.open(options.store ?? join(options.out, "store"));
      const request = backendRequest(options);
      const keeper = new EngineKeeper(openEngine);
      const engine = () => keeper.engineFor(request);
      const { backend } = await engine();
      log(options, `${backend.name}, ${backend.threads} thread(s). ${backend.reason}`);
      try {
        process.exitCode = await runCells(study, cells, store, options, engine);
      } finally {
        await keeper.close();
      }
    });
}

async function runCells(
  study: Study,
  cells: Study["cells"],
  store: FilesStore,
  options: RunOptions,
  engine: () => ReturnType<typeof openEngine>,
): Promise<number> {
  const progress = new Progress(options.quiet !== true && process.stderr.isTTY === true, cells.length);
  const ports = nodePorts(store, engine, study.detectors);
  const written: Promise<void>[] = [];
  const finish = (summary: CellSummary): void => {
    progress.finished(summary);
    written.push(writeCell(options.out, study, summary, store));
  };
  const queue = new RunQueue(store, ports, {
    changed: () => {},
    event: (id, event) => progress.event(id, event),
    finished: finish,
  });
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    for (const run of queue.list()) if (run.status === "queued") void queue.stop(run.cell.id);
    ports.control("stop", null);
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const done: CellSummary[] = [];
  const left: Study["cells"] = [];
  for (const cell of cells) {
    const summary = await readSummary(store, cell.id);
    if (summary === null) left.push(cell);
    else done.push(summary);
  }
  for (const summary of done) finish(summary);
  await queue.enqueue(study.name, left);
  await queue.idle();
  process.off("SIGINT", interrupt);
  process.off("SIGTERM", interrupt);
  await Promise.all(written);
  const summaries = (await Promise.all(cells.map((cell) => readSummary(store, cell.id)))).filter(
    (item) => item !== null,
  );
  await writeResults(options.out, study, summaries);
  const failures = queue.list().filter((run) => run.status === "failed");
  for (const run of failures) process.stderr.write(`${run.cell.id}: ${run.problem?.message}\n`);
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ finished: summaries.length, failed: failures.length, cells: cells.length })}\n`,
    );
  }
  if (interrupted) {
    process.stderr.write("Interrupted. The same command goes on from the last checkpoint.\n");
    return 130;
  }
  return failures.length > 0 ? 1 : 0;
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
