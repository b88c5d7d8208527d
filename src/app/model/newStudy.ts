import { type PresetName, presets, type Recipe } from "../../study/recipe.ts";
import type { StudyRequest } from "../../study/study.ts";
import { defaultDetectors } from "./words.ts";

/** The form as it is typed; checked only when it is used. */
export interface StudyDraft {
  readonly name: string;
  readonly benchmark: string;
  readonly preset: PresetName;
  readonly generators: readonly string[];
  readonly alphas: string;
  readonly pool: string;
  readonly seeds: string;
  readonly steps: string;
  readonly batch: string;
  readonly width: string;
  readonly realCount: string;
}

export const emptyDraft: StudyDraft = {
  name: "",
  benchmark: "shapes",
  preset: "quick",
  generators: ["interpolation"],
  alphas: "0.5, 0.8, 1",
  pool: "20000",
  seeds: "0, 1, 2",
  steps: "",
  batch: "",
  width: "",
  realCount: "",
};

/** The sanity controls as studies that anyone can run. */
export const sanityDrafts: readonly { readonly title: string; readonly expect: string; readonly draft: StudyDraft }[] =
  [
    {
      title: "OOD := a second ID draw",
      expect: "Every detector must stay at 50 ± 2 %.",
      draft: {
        ...emptyDraft,
        name: "Control: OOD is ID",
        benchmark: "shapes-ood-is-id",
        preset: "look",
        generators: [],
        alphas: "1",
        seeds: "0",
      },
    },
    {
      title: "Shuffled training labels",
      expect: "ID accuracy must stay at 10 ± 3 %.",
      draft: {
        ...emptyDraft,
        name: "Control: shuffled labels",
        benchmark: "shapes-shuffled-labels",
        preset: "look",
        generators: [],
        alphas: "1",
        seeds: "0",
      },
    },
  ];

/** What the draft asks for. Throws, naming the field and what it takes. */
export function requestOf(draft: StudyDraft): StudyRequest {
  const overrides: Partial<Recipe> = {
    ...(draft.steps.trim() === "" ? {} : { steps: whole("Steps", draft.steps), epochs: null }),
    ...(draft.batch.trim() === "" ? {} : { batch: whole("Batch", draft.batch) }),
    ...(draft.realCount.trim() === "" ? {} : { realCount: whole("Real images", draft.realCount) }),
  };
  const alphas = list("α grid", draft.alphas);
  if (alphas.some((alpha) => alpha < 0 || alpha > 1)) throw new Error("α grid: every α lies between 0 and 1.");
  return {
    ...(draft.name.trim() === "" ? {} : { name: draft.name.trim() }),
    benchmark: draft.benchmark,
    preset: draft.preset,
    width: draft.width.trim() === "" ? presets[draft.preset].width : whole("Width", draft.width),
    generators: draft.generators,
    alphas,
    pools: [whole("Pool", draft.pool)],
    seeds: list("Seeds", draft.seeds),
    detectors: defaultDetectors,
    overrides,
  };
}

function list(field: string, text: string): number[] {
  const values = text
    .split(/[\s,;]+/)
    .filter((part) => part !== "")
    .map(Number);
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) {
    throw new Error(`${field}: numbers separated by commas are needed, not "${text}".`);
  }
  return values;
}

function whole(field: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${field}: a whole number from 1 on is needed, not "${text}".`);
  return value;
}
