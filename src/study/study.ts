import { z } from "zod";
import { type Cell, cellSchema, makeCell } from "./cell.ts";
import { type PresetName, presetNames, presets, type Recipe, recipeSchema } from "./recipe.ts";

export const STUDY_SCHEMA = 1;

const generatorFileSchema = z.strictObject({
  /** As cells name it; follows from the files' bytes and the options, so that a file that has changed is found out. */
  id: z.string().regex(/^(upload|images)-[0-9a-f-]+$/),
  paths: z.array(z.string().min(1)).min(1),
  provenance: z.enum(["same-real-set", "superset", "knows-the-renderer", "unknown"]),
});

export type GeneratorFile = z.infer<typeof generatorFileSchema>;

/** A study file: the grid as it was asked for and the cells as they will run. Formats: CLI.md. */
export const studySchema = z.strictObject({
  schema: z.literal(STUDY_SCHEMA),
  name: z.string().min(1).max(200),
  benchmark: z.string(),
  preset: z.enum(presetNames),
  network: z.enum(["resnet18"]),
  width: z.int(),
  methods: z.array(z.string()).min(1),
  generators: z.array(z.string()),
  alphas: z.array(z.number().min(0).max(1)).min(1),
  pools: z.array(z.int().min(1)).min(1),
  poolSeed: z.int().min(0).max(0xffffffff),
  seeds: z.array(z.int().min(0).max(0xffffffff)).min(1),
  detectors: z.array(z.string()).min(1),
  recipe: recipeSchema,
  /** Generators that are files: a run keeps them in its store before its first cell. */
  generatorFiles: z.array(generatorFileSchema).max(100).optional(),
  cells: z.array(cellSchema).min(1).max(10_000),
});

export type Study = z.infer<typeof studySchema>;

/** What a user chooses; everything else comes from the preset. */
export interface StudyRequest {
  readonly name?: string;
  readonly benchmark: string;
  readonly preset: PresetName;
  readonly width?: number;
  readonly methods?: readonly string[];
  readonly generators: readonly string[];
  readonly generatorFiles?: readonly GeneratorFile[];
  readonly alphas: readonly number[];
  readonly pools: readonly number[];
  readonly poolSeed?: number;
  readonly seeds: readonly number[];
  readonly detectors: readonly string[];
  /** Recipe values that differ from the preset. */
  readonly overrides?: Readonly<Partial<Recipe>>;
}

/**
 * Plans a study: the grid method × generator × pool × α × seed, with the baseline α = 1 of every method and seed
 * added in front whether or not it was asked for.
 */
export function planStudy(request: StudyRequest): Study {
  const preset = presets[request.preset];
  const recipe = recipeSchema.parse({ ...preset.recipe, ...request.overrides });
  const width = request.width ?? preset.width;
  const methods = request.methods ?? ["ce"];
  const alphas = [...new Set(request.alphas)].sort((a, b) => a - b);
  if (request.generators.length === 0 && alphas.some((alpha) => alpha < 1)) {
    throw new Error("α below 1 needs synthetic images: name at least one generator.");
  }
  const common = { benchmark: request.benchmark, network: "resnet18" as const, width, preset: request.preset, recipe };
  const poolSeed = request.poolSeed ?? 0;
  const cells = new Map<string, Cell>();
  const add = (values: Pick<Cell, "method" | "generator" | "alpha" | "poolSize" | "seed">): void => {
    const cell = makeCell({ ...common, poolSeed, ...values });
    cells.set(cell.id, cell);
  };
  for (const method of methods) {
    for (const seed of request.seeds) add({ method, generator: null, alpha: 1, poolSize: 0, seed });
  }
  for (const method of methods)
    for (const generator of request.generators)
      for (const poolSize of request.pools)
        for (const alpha of alphas) for (const seed of request.seeds) add({ method, generator, alpha, poolSize, seed });
  return studySchema.parse({
    schema: STUDY_SCHEMA,
    name: request.name ?? `${request.benchmark}-${request.preset}`,
    benchmark: request.benchmark,
    preset: request.preset,
    network: "resnet18",
    width,
    methods: [...methods],
    generators: [...request.generators],
    alphas,
    pools: [...request.pools],
    poolSeed,
    seeds: [...request.seeds],
    detectors: [...request.detectors],
    recipe,
    ...(request.generatorFiles?.length ? { generatorFiles: [...request.generatorFiles] } : {}),
    cells: [...cells.values()],
  });
}

/** Reads a study file. Throws an Error whose message names each wrong field; nothing of a wrong file is used. */
export function parseStudy(text: string): Study {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`This is not a study file: it is not JSON (${cause instanceof Error ? cause.message : cause}).`, {
      cause,
    });
  }
  const result = studySchema.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join(".") || "file"}: ${issue.message}`);
    throw new Error(`This is not a study file of schema ${STUDY_SCHEMA}. ${issues.join(" · ")}`);
  }
  for (const cell of result.data.cells) {
    const { id, ...values } = cell;
    const expected = makeCell(values).id;
    if (expected !== id) {
      throw new Error(
        `Cell "${id}" was edited: its values belong to "${expected}". Plan the study again, or restore the file.`,
      );
    }
  }
  return result.data;
}
