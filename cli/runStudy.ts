import type { DetectorScores } from "../src/detection/scoring/scoreSets.ts";
import { ControlSwitch } from "../src/runs/control.ts";
import { readSummary } from "../src/runs/evaluation/summaries.ts";
import { RunQueue } from "../src/runs/queue.ts";
import type { Cell } from "../src/study/cell.ts";
import type { Study } from "../src/study/study.ts";
import type { CellSummary } from "../src/study/summary.ts";
import { cellScores, completed, inOrder, lackingDetectors } from "./cellScores.ts";
import { type CommonOptions, log } from "./context.ts";
import { writeCell, writeResults } from "./outputs.ts";
import { type NodeMachine, nodePorts, scoreContext } from "./ports.ts";
import { Progress } from "./progress.ts";

interface StudyOptions extends CommonOptions {
  readonly out: string;
}

/**
 * Runs the cells of a study and writes their files. A finished cell is only scored with the detectors that it lacks,
 * from its kept features.
 *
 * @returns the exit code
 */
export async function runStudy(
  study: Study,
  cells: readonly Cell[],
  machine: Omit<NodeMachine, "control" | "onScores">,
  options: StudyOptions,
): Promise<number> {
  const { store } = machine;
  const progress = new Progress(cells.length, options.quiet === true);
  const control = new ControlSwitch();
  const scores = new Map<string, DetectorScores[]>();
  const node: NodeMachine = {
    ...machine,
    control,
    onScores: (cellId, scored) => scores.set(cellId, [...(scores.get(cellId) ?? []), scored]),
  };
  const contextFor = ({ id }: Cell) => scoreContext(node, (event) => progress.event(id, event));

  // One cell's files after the other's; the first failure is told at the end, when all others are written.
  let writing = Promise.resolve();
  const problems: unknown[] = [];
  const finish = (summary: CellSummary): void => {
    const { cell } = summary;
    progress.finished(summary);
    const fresh = scores.get(cell.id);
    scores.delete(cell.id);
    const confidences = async () => fresh ?? cellScores(summary, await contextFor(cell));
    writing = writing
      .then(() => writeCell(options.out, study, inOrder(summary, study.detectors), store, confidences))
      .catch((error: unknown) => void problems.push(error));
  };
  const queue = new RunQueue(
    store,
    { ...nodePorts(node, study.detectors), control: (command, alpha) => control.set(command, alpha) },
    {
      changed: () => {},
      event: (id, event) => {
        if (event.kind === "notice") log(options, `${id}: ${event.text}`);
        progress.event(id, event);
      },
      finished: finish,
    },
  );
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    for (const run of queue.list()) if (run.status === "queued") void queue.stop(run.cell.id);
    control.set("stop", null);
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);

  const left: Cell[] = [];
  try {
    for (const cell of cells) {
      const summary = await readSummary(store, cell.id);
      const whole = summary && (await withAllDetectors(summary, study.detectors, await contextFor(cell), options));
      if (whole === null) left.push(cell);
      else finish(whole);
    }
    await queue.enqueue(study.name, left);
    await queue.idle();
  } catch (error) {
    if (!interrupted) throw error;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    await writing;
  }
  if (problems.length > 0 && !interrupted) throw problems[0];
  const kept = await Promise.all(cells.map((cell) => readSummary(store, cell.id)));
  const summaries = kept.flatMap((summary) => (summary === null ? [] : [inOrder(summary, study.detectors)]));
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

/** The summary with every detector of the study; null where the cell must be evaluated once more for that. */
async function withAllDetectors(
  summary: CellSummary,
  detectors: readonly string[],
  context: Awaited<ReturnType<typeof scoreContext>>,
  options: StudyOptions,
): Promise<CellSummary | null> {
  const { id } = summary.cell;
  const lacking = lackingDetectors(summary, detectors);
  if (lacking.length === 0) return summary;
  const whole = await completed(summary, lacking, context);
  const done =
    whole === null
      ? "its features are not kept (any more), so it is evaluated once more; it is not trained again"
      : `scored with ${lacking.join(", ")} from its kept features, without a forward pass of the images as they are`;
  log(options, `${id}: ${done}.`);
  return whole;
}
