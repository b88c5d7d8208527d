import type { GeneratorInfo } from "../../generators/generator.ts";
import type { RunStatus } from "../../runs/status.ts";
import { alphaText, type Cell } from "../../study/cell.ts";
import { statusText } from "../model/words.ts";

/** A cell in words: "α = 0.80, Interpolation, seed 1, quick". Unambiguous inside one study. */
export function cellText(cell: Cell, generators: readonly GeneratorInfo[]): string {
  return `α = ${alphaText(cell.alpha)}, ${sourceText(cell.generator, generators)}, seed ${cell.seed}, ${cell.preset}`;
}

/** Where the images beside the real ones come from. */
export function sourceText(generator: string | null, generators: readonly GeneratorInfo[]): string {
  if (generator === null) return "real images only";
  return generators.find((info) => info.id === generator)?.title ?? generator;
}

/** What the user may do with a run. */
export type RunAction = "pause" | "resume" | "stop" | "discard";

/** The actions that make sense in a status. A run that has finished is kept as a result unless it is discarded. */
export function actionsOf(status: RunStatus): readonly RunAction[] {
  switch (status) {
    case "queued":
      return ["stop", "discard"];
    case "pooling":
    case "training":
    case "evaluating":
      return ["pause", "stop", "discard"];
    case "paused":
      return ["resume", "stop", "discard"];
    case "stopped":
    case "failed":
      return ["resume", "discard"];
    case "done":
      return ["discard"];
  }
}

/** True where every word of `search` is somewhere in the run's text. */
export function matchesSearch(
  cell: Cell,
  status: RunStatus,
  study: string,
  generators: readonly GeneratorInfo[],
  search: string,
): boolean {
  const text = `${cellText(cell, generators)} ${cell.generator ?? ""} ${statusText(status)} ${study}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
