import type { BenchmarkInfo } from "../../data/benchmark.ts";
import { batchSplit, type PresetName, presets, type Recipe } from "../../study/recipe.ts";
import type { StudyRequest } from "../../study/study.ts";
import { defaultDetectors } from "../model/words.ts";

/** The form as typed. Empty recipe fields keep the preset's value. */
export interface Draft {
  readonly name: string;
  readonly benchmark: string;
  readonly preset: PresetName;
  readonly generators: readonly string[];
  readonly detectors: readonly string[];
  readonly alphas: string;
  readonly pool: string;
  readonly seeds: string;
  readonly steps: string;
  readonly batch: string;
  readonly lr: string;
  readonly realCount: string;
}

export type DraftField = keyof Draft;
export type DraftErrors = Readonly<Partial<Record<DraftField, string>>>;

export const initialDraft: Draft = {
  name: "",
  benchmark: "shapes",
  preset: "quick",
  generators: [],
  detectors: defaultDetectors,
  alphas: "0, 0.5, 0.8, 1",
  pool: "20000",
  seeds: "0, 1, 2",
  steps: "",
  batch: "",
  lr: "",
  realCount: "",
};

const MAX_SEED = 0xffffffff;
const MAX_CELLS = 10_000;

type Checked = { readonly request: StudyRequest } | { readonly errors: DraftErrors };

/** The study that the form asks for, or what is wrong with which field and what to do. */
export function checkDraft(draft: Draft, benchmark: BenchmarkInfo | null): Checked {
  const errors: Partial<Record<DraftField, string>> = {};
  const keep = <T>(field: DraftField, result: T | string): T | null => {
    if (typeof result !== "string") return result;
    errors[field] = result;
    return null;
  };
  const trainCount = keep("benchmark", trainCountOf(benchmark, draft.benchmark));
  const alphas = keep("alphas", list(draft.alphas, "α", { min: 0, max: 1, whole: false }));
  const seeds = keep("seeds", list(draft.seeds, "seed", { min: 0, max: MAX_SEED, whole: true }));
  const overrides = recipeOverrides(draft, trainCount, keep);
  const batch = overrides.batch ?? presets[draft.preset].recipe.batch;
  const needsPool = (alphas ?? []).some((alpha) => batchSplit(batch, alpha).synthetic > 0);
  if (needsPool && draft.generators.length === 0) {
    errors.generators = "α below 1 mixes in synthetic images: choose at least one generator, or leave only α = 1.";
  }
  if (draft.detectors.length === 0) errors.detectors = "Choose at least one detector; others can be scored later.";
  const pool = keep("pool", one(draft.pool, "pool size", { min: 1, max: 100_000_000, whole: true }));
  const cells = (seeds?.length ?? 0) * (1 + draft.generators.length * (alphas?.length ?? 0));
  if (cells > MAX_CELLS)
    errors.alphas = `This grid has ${cells} cells; a study holds ${MAX_CELLS}. Use fewer α or seeds.`;
  if (alphas === null || seeds === null || pool === null || Object.keys(errors).length > 0) return { errors };
  return {
    request: {
      ...(draft.name.trim() === "" ? {} : { name: draft.name.trim().slice(0, 200) }),
      benchmark: draft.benchmark,
      preset: draft.preset,
      generators: draft.generators,
      alphas,
      pools: [pool],
      seeds,
      // In the order of the tables, whatever order they were ticked in.
      detectors: defaultDetectors.filter((name) => draft.detectors.includes(name)),
      overrides,
    },
  };
}

function trainCountOf(benchmark: BenchmarkInfo | null, id: string): number | string {
  if (benchmark === null) return `The benchmark "${id}" is not here. Choose another one.`;
  const absent = ["train", "id_val", "id_test"].filter((name) => !benchmark.sets.some((set) => set.name === name));
  if (absent.length > 0) return `${benchmark.title} cannot be used yet. ${benchmark.missing.join(" ")}`;
  return benchmark.sets.find((set) => set.name === "train")?.count ?? 0;
}

function recipeOverrides(
  draft: Draft,
  trainCount: number | null,
  keep: <T>(field: DraftField, result: T | string) => T | null,
): Partial<Recipe> {
  const optional = (field: "steps" | "batch" | "lr" | "realCount", what: string, range: Range): number | null =>
    draft[field].trim() === "" ? null : keep(field, one(draft[field], what, range));
  const steps = optional("steps", "number of steps", { min: 1, max: 10_000_000, whole: true });
  const batch = optional("batch", "batch size", { min: 2, max: 4096, whole: true });
  const lr = optional("lr", "learning rate", { min: 1e-6, max: 100, whole: false });
  const most = trainCount === null || trainCount === 0 ? Number.MAX_SAFE_INTEGER : trainCount;
  const realCount = optional("realCount", "number of real images", { min: 2, max: most, whole: true });
  return {
    ...(steps === null ? {} : { steps, epochs: null }),
    ...(batch === null ? {} : { batch }),
    ...(lr === null ? {} : { lr }),
    ...(realCount === null ? {} : { realCount }),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

function one(text: string, what: string, { min, max, whole }: Range): number | string {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const kind = whole ? "a whole number" : "a number";
  if (Number.isNaN(value)) return `"${text.trim()}" is not ${kind}. Give the ${what} as ${kind} from ${min} to ${max}.`;
  if (value < min || value > max || (whole && !Number.isInteger(value))) {
    return `${value} is not a valid ${what}. Give ${kind} from ${min} to ${max}.`;
  }
  return value;
}

/** Numbers between commas, semicolons or spaces; repeated ones once. */
function list(text: string, what: string, range: Range): number[] | string {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  if (parts.length === 0) return `Give at least one ${what}.`;
  const values = new Set<number>();
  for (const part of parts) {
    const value = one(part, what, range);
    if (typeof value === "string") return value;
    values.add(value);
  }
  return [...values];
}
