import { z } from "zod";
import { canonicalJson, shortHash } from "./canonical.ts";
import { batchSplit, presetNames, type Recipe, recipeSchema } from "./recipe.ts";

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "a name of lower-case letters, digits, . _ -")
  .max(100);

/** One training run: everything that decides its numbers, apart from the backend. */
export const cellSchema = z.strictObject({
  id: z.string().max(200),
  benchmark: name,
  network: z.enum(["resnet18"]),
  width: z.int().min(8).max(512).multipleOf(8),
  method: name,
  /** Generator id, or null for the baseline α = 1, which uses none. */
  generator: name.nullable(),
  /** Share of real images in a batch, 0 … 1 (SIO section 3.2). */
  alpha: z.number().min(0).max(1),
  /** Images of the pool; 0 without a generator. */
  poolSize: z.int().min(0).max(100_000_000),
  /** Seed of the pool: one pool serves every cell of a study, as in the paper. */
  poolSeed: z.int().min(0).max(0xffffffff),
  seed: z.int().min(0).max(0xffffffff),
  preset: z.enum(presetNames),
  recipe: recipeSchema,
});

export type Cell = z.infer<typeof cellSchema>;

/**
 * Completes a cell: α = 1 takes no pool, so the generator, pool size and pool seed are dropped and all studies
 * share that baseline; the id is readable and ends in a hash of every value.
 */
export function makeCell(values: Omit<Cell, "id">): Cell {
  const baseline = batchSplit(values.recipe.batch, values.alpha).synthetic === 0;
  if (!baseline && (values.generator === null || values.poolSize < 1)) {
    throw new Error(`A cell with α = ${values.alpha} needs a generator and a pool of at least one image.`);
  }
  const settings: Omit<Cell, "id"> = baseline
    ? { ...values, alpha: 1, generator: null, poolSize: 0, poolSeed: 0 }
    : values;
  const source = settings.generator === null ? "real" : `${settings.generator}-p${settings.poolSize}`;
  const hash = shortHash(canonicalJson(settings)).slice(0, 8);
  const id = `${settings.benchmark}-w${settings.width}-${settings.method}-${source}-a${alphaText(settings.alpha)}-s${settings.seed}-${settings.preset}-${hash}`;
  return { id, ...settings };
}

/** α as files and ids write it: two decimals at least, more where needed ("0.80", "0.125"). */
export function alphaText(alpha: number): string {
  const short = alpha.toFixed(2);
  return Number(short) === alpha ? short : String(alpha);
}

/** Cells that differ only in α and seed lie on one curve: this text names the curve, baseline cells belong to all. */
export function curveKey(cell: Cell): string {
  const { id: _id, alpha: _alpha, seed: _seed, ...rest } = cell;
  return shortHash(canonicalJson(rest));
}

/** True where `baseline` (α = 1) is the same run but for the generator: what a paired difference may be taken against. */
export function isBaselineOf(baseline: Cell, cell: Cell): boolean {
  const stripped = ({ recipe, ...rest }: Cell): string =>
    canonicalJson({
      recipe: recipe as Recipe,
      ...rest,
      id: "",
      alpha: 1,
      generator: null,
      poolSize: 0,
      poolSeed: 0,
      seed: 0,
    });
  return baseline.generator === null && stripped(baseline) === stripped(cell);
}
