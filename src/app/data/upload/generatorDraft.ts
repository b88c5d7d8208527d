import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { PreviewRequest } from "../../../rpc/api.ts";
import type {
  InspectedGenerator,
  KeepGeneratorOptions,
  LabelOrder,
  SamplingSettings,
} from "../../../study/generatorRecord.ts";
import type { Provenance } from "../../../study/provenance.ts";

/** What the form holds until the generator is kept. */
export interface GeneratorDraft {
  readonly title: string;
  readonly benchmark: string;
  readonly provenance: Provenance;
  readonly labels: LabelOrder;
  /** Class of the generator for each class of the benchmark, as typed. */
  readonly classMap: readonly (number | string)[];
  /** null for a set of images. */
  readonly settings: SamplingSettings | null;
  /** "cell ID" or "imported ID"; "" = none chosen. */
  readonly labeller: string;
}

/** Classes of the generator, or of a set of images; null where it has none. */
export function classesOf({ description, images }: InspectedGenerator): number | null {
  return description?.classes ?? images?.classes ?? null;
}

/** Whether it can be kept as a generator at all. */
export function usable({ verdict, description, images }: InspectedGenerator): boolean {
  return verdict !== "refused" && (description !== null || images !== null);
}

export function draftOf(inspected: InspectedGenerator, benchmark: BenchmarkInfo): GeneratorDraft {
  const { files, description } = inspected;
  return {
    title: (files[0] ?? "generator").replace(/^.*[/\\]/, "").replace(/\.[^.]+$/, ""),
    benchmark: benchmark.id,
    provenance: "unknown",
    labels: description === null ? "uniform" : "balanced",
    classMap: identity(inspected, benchmark),
    settings: description?.defaults ?? null,
    labeller: "",
  };
}

/** The draft for another benchmark: its classes are others. */
export function withBenchmark(
  draft: GeneratorDraft,
  inspected: InspectedGenerator,
  benchmark: BenchmarkInfo,
): GeneratorDraft {
  return { ...draft, benchmark: benchmark.id, classMap: identity(inspected, benchmark), labeller: "" };
}

/** Whether the user must say which class is which: the counts differ. */
export function needsClassMap(inspected: InspectedGenerator, benchmark: BenchmarkInfo): boolean {
  const classes = classesOf(inspected);
  return classes !== null && classes !== benchmark.classNames.length;
}

function identity(inspected: InspectedGenerator, { classNames }: BenchmarkInfo): (number | string)[] {
  const classes = classesOf(inspected);
  return classNames.map((_, label) => (classes === classNames.length ? label : ""));
}

/** What differs from the family's defaults, of the settings that it has. */
export function changedSettings({ description }: InspectedGenerator, draft: GeneratorDraft): Partial<SamplingSettings> {
  const { settings } = draft;
  if (description === null || settings === null) return {};
  const changed = description.settings.filter((key) => settings[key] !== description.defaults[key]);
  return Object.fromEntries(changed.map((key) => [key, settings[key]]));
}

/** What keeps the draft from being kept, one sentence; null where nothing does. */
export function draftProblem(
  inspected: InspectedGenerator,
  draft: GeneratorDraft,
  benchmark: BenchmarkInfo,
): string | null {
  const classes = classesOf(inspected);
  if (draft.title.trim() === "") return "Give the generator a name.";
  if (classes === null) {
    return draft.labeller === ""
      ? "It has no classes: choose the classifier that labels its images (SIO section 3.1). Train a baseline cell (α = 1) first, or import a checkpoint on the page Evaluate."
      : null;
  }
  if (!needsClassMap(inspected, benchmark)) return null;
  const wrong = draft.classMap.findIndex((value) => !isClass(value, classes));
  if (wrong < 0) return null;
  return `Say which of its ${classes} classes (0 … ${classes - 1}) is “${benchmark.classNames[wrong]}”.`;
}

/** Throws what `draftProblem` says. */
export function keepOptions(
  inspected: InspectedGenerator,
  draft: GeneratorDraft,
  benchmark: BenchmarkInfo,
): KeepGeneratorOptions {
  const problem = draftProblem(inspected, draft, benchmark);
  if (problem !== null) throw new Error(problem);
  const [kind, ...id] = draft.labeller.split(" ");
  return {
    title: draft.title.trim(),
    benchmark: draft.benchmark,
    settings: changedSettings(inspected, draft),
    labels: draft.labels,
    classMap: needsClassMap(inspected, benchmark) ? draft.classMap.map(Number) : null,
    labeller: classesOf(inspected) === null ? { kind: kind === "cell" ? "cell" : "imported", id: id.join(" ") } : null,
    provenance: draft.provenance,
  };
}

/** At most this many classes in a preview. */
const PREVIEW_CLASSES = 10;
/** What is drawn unasked: more may take minutes on a machine without a GPU. */
const PREVIEW_FLOPS = 3e11;

/** Images of one class in a preview; of a generator without classes, all of them. */
export function previewOf(inspected: InspectedGenerator, draft: GeneratorDraft, seed: number): PreviewRequest {
  const classes = classesOf(inspected);
  const mapped = draft.classMap.filter((value) => isClass(value, classes ?? 0)).map(Number);
  const first = Array.from({ length: Math.min(classes ?? 0, PREVIEW_CLASSES) }, (_, label) => label);
  return {
    settings: changedSettings(inspected, draft),
    classes: (mapped.length > 0 ? mapped : first).slice(0, PREVIEW_CLASSES),
    perClass: classes === null ? 24 : 4,
    seed,
  };
}

/** Floating-point operations of a preview; 0 for a set of images. */
export function previewFlops(inspected: InspectedGenerator, draft: GeneratorDraft): number {
  const { description } = inspected;
  if (description === null) return 0;
  const { classes, perClass } = previewOf(inspected, draft, 0);
  const evaluations = description.settings.includes("steps") ? (draft.settings?.steps ?? 1) : 1;
  return description.flopsPerEvaluation * evaluations * Math.max(1, classes.length) * perClass;
}

/** Whether a preview is cheap enough to be drawn before anybody asks for it. */
export function drawnUnasked(inspected: InspectedGenerator, draft: GeneratorDraft): boolean {
  return usable(inspected) && previewFlops(inspected, draft) <= PREVIEW_FLOPS;
}

function isClass(value: number | string, classes: number): boolean {
  const label = typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
  return Number.isInteger(label) && label >= 0 && label < classes;
}
