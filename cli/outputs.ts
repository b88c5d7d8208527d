import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "../src/checkpoints/safetensors.ts";
import { readEvaluation } from "../src/detection/evaluationCache.ts";
import { detectorPreset } from "../src/detection/params.ts";
import { scoreSets } from "../src/detection/scoreSets.ts";
import { plainKernels } from "../src/engine/dense/plain.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { keys } from "../src/runs/keys.ts";
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

/** DIR/cells/ID/{manifest.json, history.csv, checkpoint.safetensors, scores.safetensors}; formats: CLI.md. */
export async function writeCell(out: string, study: Study, summary: CellSummary, store: Store): Promise<void> {
  const { cell } = summary;
  const folder = join(out, "cells", cell.id);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "manifest.json"), `${JSON.stringify({ study: study.name, ...summary }, null, 1)}\n`);
  await writeWhole(join(folder, "history.csv"), historyCsv(summary.history));
  const { checkpoint } = await readReported(store, cell);
  const weights = [...checkpoint.state]
    .filter(([name]) => !name.startsWith("momentum/"))
    .map(([name, { shape, data }]) => [name, { dtype: "F32" as const, shape: [...shape], data }] as const);
  await writeWhole(
    join(folder, "checkpoint.safetensors"),
    writeSafetensors(new Map(weights), { cell: cell.id, step: String(checkpoint.step) }),
  );
  await writeWhole(join(folder, "scores.safetensors"), await scores(summary, store, checkpoint.step));
}

async function scores(summary: CellSummary, store: Store, step: number): Promise<Uint8Array> {
  const { cell } = summary;
  const evaluation = await readEvaluation(store, keys.activations(cell.id, String(step)));
  if (evaluation === undefined) throw new Error(`The features of "${cell.id}" are not in the store.`);
  const { sets, mean, std } = (await openBenchmark(cell.benchmark, store)).info;
  const scoring = { preset: detectorPreset(cell.preset), kernels: plainKernels, normalisation: { mean, std } };
  const tensors = new Map<string, { dtype: "F32"; shape: number[]; data: Float32Array }>();
  for (const { detector } of summary.detectors) {
    const scored = await scoreSets(evaluation, sets, { name: detector }, scoring);
    for (const set of sets.filter((info) => info.role === "test")) {
      const data = scored.scores.get(set.name);
      const name = set.group === "id" ? "id" : set.name;
      if (data) tensors.set(`${detector}/${name}`, { dtype: "F32", shape: [data.length], data });
    }
  }
  const parameters = Object.fromEntries(summary.detectors.map((result) => [result.detector, result.params]));
  return writeSafetensors(tensors, { preset: cell.preset, hyper_parameters: JSON.stringify(parameters) });
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
