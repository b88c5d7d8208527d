import type { DetectorResult, Metrics } from "./result.ts";
import type { CellSummary } from "./summary.ts";

/** The columns of results.csv, in the order that CLI.md fixes; further ones come after them. */
export const RESULT_COLUMNS = [
  "study", "cell", "benchmark", "network", "width", "method", "generator", "alpha", "alpha_effective", "n_real",
  "n_synthetic", "pool_size", "seed", "preset", "detector", "ood_set", "group", "n_id", "n_ood", "auroc", "fpr95_id",
  "fpr95_ood", "aupr_in", "aupr_out", "id_accuracy", "backend", "epochs", "steps", "wall_s", "train_accuracy",
  "converged", "provenance", "threads", "shuffled_hue_accuracy", "undefined_because",
  "adapter", "kernel_variant",
] as const; // biome-ignore format: one list, as the contract prints it

type Cellular = string | number | boolean | null;

/** One RFC 4180 line, without its line end. A null is an empty field; numbers keep full precision. */
export function csvLine(fields: readonly Cellular[]): string {
  return fields.map(csvField).join(",");
}

function csvField(value: Cellular): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = String(value);
  // A spreadsheet runs cells that begin with these as formulas; a quote in front makes them text.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** results.csv: a header, then one row per cell × detector × OOD test set and the rows `near` and `far`. */
export function resultsCsv(study: string, summaries: readonly CellSummary[]): string {
  const lines = [csvLine(RESULT_COLUMNS)];
  for (const summary of summaries) {
    for (const detector of summary.detectors.filter(({ variant }) => variant === undefined))
      lines.push(...detectorLines(study, summary, detector));
  }
  return `${lines.join("\r\n")}\r\n`;
}

function detectorLines(study: string, summary: CellSummary, result: DetectorResult): string[] {
  const { cell } = summary;
  const tests = result.sets.filter((set) => set.test);
  const line = (set: string, group: string, nId: number, nOod: number, metrics: Metrics): string =>
    csvLine([
      study, cell.id, cell.benchmark, cell.network, cell.width, cell.method, cell.generator ?? "none", cell.alpha,
      summary.alphaEffective, summary.realImages, summary.syntheticDraws, cell.poolSize, cell.seed, cell.preset,
      result.detector, set, group, nId, nOod, metrics.auroc, metrics.fpr95Id, metrics.fpr95Ood, metrics.auprIn,
      metrics.auprOut, summary.idAccuracy, summary.backend.name, summary.epochs, summary.steps, summary.wallSeconds,
      summary.trainAccuracy, summary.converged, summary.provenance ?? "none", summary.backend.threads,
      summary.diagnosticAccuracy.id_test_shuffled_hues ?? null, result.undefinedBecause ?? "",
      summary.backend.adapter, summary.backend.variant ?? "",
    ]); // biome-ignore format: the order of RESULT_COLUMNS
  const lines = tests.map((set) => line(set.set, set.group, set.nId, set.nOod, set.metrics));
  for (const group of ["near", "far"] as const) {
    const members = tests.filter((set) => set.group === group);
    if (members.length === 0) continue;
    const nOod = members.reduce((sum, set) => sum + set.nOod, 0);
    lines.push(line(group, group, (members[0] as { nId: number }).nId, nOod, result[group]));
  }
  return lines;
}
