import { type Cell, makeCell } from "../../study/cell.ts";
import type { Study, StudyRequest } from "../../study/study.ts";
import type { StudyEntry } from "../session/session.ts";
import { type Curve, sameAlpha } from "./cellIndex.ts";

/** The study's cells at `alpha` on `curve`, one per seed. Throws where α < 1 and the curve has no generator. */
export function cellsAt(study: Study, curve: Pick<Curve, "method" | "generator" | "poolSize">, alpha: number): Cell[] {
  return study.seeds.map((seed) =>
    makeCell({
      benchmark: study.benchmark,
      network: study.network,
      width: study.width,
      method: curve.method,
      generator: curve.generator,
      alpha,
      poolSize: curve.poolSize,
      poolSeed: study.poolSeed,
      seed,
      preset: study.preset,
      recipe: study.recipe,
    }),
  );
}

/** What plans an own study with the same settings as a read-only one, `alpha` added to its grid. */
export function ownCopy(study: Study, alpha: number): StudyRequest {
  const alphas = study.alphas.some((known) => sameAlpha(known, alpha)) ? study.alphas : [...study.alphas, alpha];
  return {
    name: `${study.name}, my copy`,
    benchmark: study.benchmark,
    preset: study.preset,
    width: study.width,
    methods: study.methods,
    generators: study.generators,
    alphas,
    pools: study.pools,
    poolSeed: study.poolSeed,
    seeds: study.seeds,
    detectors: study.detectors,
    overrides: study.recipe,
  };
}

/** The own study that was made from `study` before, so that a second "Run" does not make a second copy. */
export function existingCopy(studies: readonly StudyEntry[], study: Study): StudyEntry | undefined {
  const name = ownCopy(study, 1).name;
  return studies.find(
    (entry) =>
      entry.source === "own" &&
      entry.study.name === name &&
      entry.study.benchmark === study.benchmark &&
      JSON.stringify(entry.study.recipe) === JSON.stringify(study.recipe) &&
      JSON.stringify(entry.study.generators) === JSON.stringify(study.generators),
  );
}
