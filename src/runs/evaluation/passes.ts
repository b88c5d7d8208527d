import type { Role } from "../../data/benchmark.ts";
import { type InputPerturbation, UndefinedScore } from "../../detection/detector.ts";
import { loadWindow, windowOf } from "../../detection/evaluation/imageRuns.ts";
import { perturbedLogits } from "../../detection/evaluation/perturb.ts";
import {
  neededPerturbations,
  type PerturbedLogits,
  readPerturbed,
  writePerturbed,
} from "../../detection/evaluation/perturbations.ts";
import type { Pace } from "../../detection/evaluation/slices.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import type { Engine, Network, Normalisation } from "../../engine/network.ts";
import type { Store } from "../../storage/store.ts";
import type { Control } from "../control.ts";
import type { Emit } from "../events.ts";
import { stoppable } from "../stopping.ts";
import { imageProgress } from "./imageProgress.ts";
import type { OpenedTarget } from "./scoreTarget.ts";
import type { NetworkSource } from "./trainedNetwork.ts";

export interface PassContext {
  readonly store: Store;
  /** Asked only where a pass is missing. */
  readonly engine: () => Promise<Engine>;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

interface MissingPass {
  readonly perturbation: InputPerturbation;
  readonly set: string;
  readonly count: number;
}

/**
 * The target with every perturbed pass that the chosen detectors score on its sets: read where an earlier call kept
 * them, else run now and kept, set by set. Without a network behind the target it stays as it is, and such detectors
 * are undefined on it. Rejects with "stopped" when the control says so; what was passed until then is kept.
 */
export async function ensurePasses(
  target: OpenedTarget,
  choices: readonly DetectorChoice[],
  context: PassContext,
  roles: readonly Role[] = ["val", "test"],
): Promise<OpenedTarget> {
  const { evaluation, sets, preset, normalisation, source, prefix } = target;
  if (normalisation === null) return target;
  const needed = neededPerturbations(evaluation, sets, choices, preset, normalisation);
  if (needed.length === 0) return target;
  const perturbed = new Map<string, Map<string, PerturbedLogits>>();
  for (const [key, passes] of evaluation.perturbed) perturbed.set(key, new Map(passes));
  const missing: MissingPass[] = [];
  for (const perturbation of needed) {
    const passes = perturbed.get(perturbation.key) ?? new Map<string, PerturbedLogits>();
    perturbed.set(perturbation.key, passes);
    for (const { name } of sets.filter(({ role }) => roles.includes(role))) {
      const set = evaluation.sets.get(name);
      if (set === undefined || passes.has(name)) continue;
      const kept = await readPerturbed(context.store, prefix, perturbation.key, name, set.logits.length);
      if (kept === undefined) missing.push({ perturbation, set: name, count: set.count });
      else passes.set(name, kept);
    }
  }
  if (missing.length > 0 && source !== null) {
    await runPasses(missing, source, normalisation, context, async ({ perturbation, set }, logits) => {
      await writePerturbed(context.store, prefix, perturbation.key, set, logits);
      perturbed.get(perturbation.key)?.set(set, logits);
    });
  }
  return { ...target, evaluation: { ...evaluation, perturbed } };
}

async function runPasses(
  missing: readonly MissingPass[],
  source: NetworkSource,
  normalisation: Normalisation,
  { engine, control, emit, turn }: PassContext,
  keep: (pass: MissingPass, logits: PerturbedLogits) => Promise<void>,
): Promise<void> {
  const total = missing.reduce((sum, { count }) => sum + count, 0);
  const pace = { ...stoppable(control, "The pass over the perturbed images"), turn };
  const progress = imageProgress(emit);
  const network = await source.open(await engine());
  let done = 0;
  try {
    for (const pass of missing) {
      const progressed = (images: number) => progress(done + images, total);
      await keep(pass, await passSet(network, source.benchmark, pass, normalisation, pace, progressed));
      done += pass.count;
    }
  } finally {
    network.dispose();
  }
}

async function passSet(
  network: Network,
  benchmark: NetworkSource["benchmark"],
  { perturbation, set, count }: MissingPass,
  normalisation: Normalisation,
  pace: Pace,
  progressed: (images: number) => void,
): Promise<PerturbedLogits> {
  const { classes, imageSize } = network.spec;
  const logits = new Float32Array(count * classes);
  const window = windowOf(count, imageSize);
  try {
    for (let first = 0; first < count; first += window) {
      const images = Math.min(window, count - first);
      const loaded = (await loadWindow(benchmark, set, first, images, count, imageSize)).images;
      const options = { ...pace, onProgress: (done: number) => progressed(first + done) };
      logits.set(await perturbedLogits(network, loaded, images, normalisation, perturbation, options), first * classes);
    }
    return logits;
  } catch (error) {
    if (error instanceof UndefinedScore) return error;
    throw error;
  }
}
