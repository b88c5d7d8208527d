import type { SetInfo } from "../../data/benchmark.ts";
import type { Normalisation } from "../../engine/network.ts";
import type { Json, Store } from "../../storage/store.ts";
import { type DetectorPreset, type InputPerturbation, UndefinedScore } from "../detector.ts";
import { type DetectorChoice, resolveParams } from "../params.ts";
import { detectorByName } from "../registry.ts";
import { type Evaluation, sizesOf } from "./evaluate.ts";
import { corruptEvaluation } from "./featureChunks.ts";

/** The perturbed passes that the chosen detectors score, each once. */
export function neededPerturbations(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
  choices: readonly DetectorChoice[],
  preset: DetectorPreset,
  normalisation: Normalisation,
): InputPerturbation[] {
  const needed = new Map<string, InputPerturbation>();
  for (const choice of choices) {
    const detector = detectorByName(choice.name);
    if (detector.perturb === undefined) continue;
    const params = resolveParams(detector, preset, sizesOf(evaluation, sets), choice.params);
    const perturbation = detector.perturb(params, normalisation);
    needed.set(perturbation.key, perturbation);
  }
  return [...needed.values()];
}

/** Logits of one perturbed pass over one set, or why there are none. */
export type PerturbedLogits = Float32Array | UndefinedScore;

function passKey(prefix: string, perturbation: string, set: string): string {
  return `${perturbedPrefix(prefix)}${perturbation}/${set}`;
}

/** Prefix of every perturbed pass of an evaluation. */
export function perturbedPrefix(prefix: string): string {
  return `${prefix}/perturbed/`;
}

/** A perturbed pass as it was kept, or undefined. Rejects with "corrupt" where it does not fit the set. */
export async function readPerturbed(
  store: Store,
  prefix: string,
  perturbation: string,
  set: string,
  length: number,
): Promise<PerturbedLogits | undefined> {
  const key = passKey(prefix, perturbation, set);
  const entry = await store.read(key);
  if (entry === undefined) return undefined;
  const because = becauseOf(entry.meta);
  if (because !== null) return new UndefinedScore(because);
  const { logits } = entry.arrays;
  if (!(logits instanceof Float32Array) || logits.length !== length) throw corruptEvaluation(key);
  return logits;
}

/** Keeps a perturbed pass; `because` is the reason of an UndefinedScore. */
export async function writePerturbed(
  store: Store,
  prefix: string,
  perturbation: string,
  set: string,
  logits: PerturbedLogits,
): Promise<void> {
  const entry =
    logits instanceof UndefinedScore
      ? { meta: { because: logits.because }, arrays: {} }
      : { meta: {}, arrays: { logits } };
  await store.write([[passKey(prefix, perturbation, set), entry]]);
}

function becauseOf(meta: Json): string | null {
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) return null;
  return typeof meta.because === "string" ? meta.because : null;
}
