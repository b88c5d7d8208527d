import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../src/checkpoints/safetensors.ts";
import type { DetectorScores } from "../src/detection/scoring/scoreSets.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { scoresFile } from "../src/runs/evaluation/scoresFile.ts";
import { readReported } from "../src/runs/trainCell.ts";
import type { Store } from "../src/storage/store.ts";
import { csvLine, resultsCsv } from "../src/study/csv.ts";
import type { HistoryPoint } from "../src/study/result.ts";
import type { Study } from "../src/study/study.ts";
import type { CellSummary } from "../src/study/summary.ts";

/** DIR/results.csv of the finished cells. */
export async function writeResults(out: string, study: Study, summaries: readonly CellSummary[]): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeWhole(join(out, "results.csv"), resultsCsv(study.name, summaries));
}

/**
 * DIR/cells/ID/{manifest.json, history.csv, checkpoint.safetensors, scores.safetensors}; formats: CLI.md. The manifest
 * comes last: where it tells of this very summary, the files are there.
 *
 * @param scores confidences of its detectors where they were just computed; asked again of the kept features else
 */
export async function writeCell(
  out: string,
  study: Study,
  summary: CellSummary,
  store: Store,
  scores: () => Promise<readonly DetectorScores[]>,
): Promise<void> {
  const { cell } = summary;
  const folder = join(out, "cells", cell.id);
  const manifest = `${JSON.stringify({ study: study.name, ...summary }, null, 1)}\n`;
  if ((await readIfThere(join(folder, "manifest.json"))) === manifest) return;
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "history.csv"), historyCsv(summary.history));
  const { checkpoint } = await readReported(store, cell);
  const weights = [...checkpoint.state]
    .filter(([name]) => !name.startsWith("momentum/"))
    .map(([name, { shape, data }]) => [name, { dtype: "F32" as const, shape: [...shape], data }] as const);
  await writeWhole(
    join(folder, "checkpoint.safetensors"),
    writeSafetensors(new Map(weights), { cell: cell.id, step: String(checkpoint.step) }),
  );
  const { sets } = (await openBenchmark(cell.benchmark, store)).info;
  await writeWhole(join(folder, "scores.safetensors"), scoresFile(await scores(), sets, cell.preset));
  await writeWhole(join(folder, "manifest.json"), manifest);
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

function historyCsv(history: readonly HistoryPoint[]): string {
  const detectors = [...new Set(history.flatMap((point) => Object.keys(point.valAuroc ?? {})))];
  const header = ["step", "epoch", "lr", "alpha", "loss", "train_accuracy", "val_accuracy"];
  for (const name of detectors) header.push(`val_near_auroc_${name}`, `val_far_auroc_${name}`);
  const lines = history.map((point) =>
    csvLine([
      point.step,
      point.epoch,
      point.lr,
      point.alpha,
      point.loss,
      point.trainAccuracy,
      point.valAccuracy,
      ...detectors.flatMap((name) => [point.valAuroc?.[name]?.near ?? null, point.valAuroc?.[name]?.far ?? null]),
    ]),
  );
  return `${[csvLine(header), ...lines].join("\r\n")}\r\n`;
}

/** A reader never sees half of a file. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}
