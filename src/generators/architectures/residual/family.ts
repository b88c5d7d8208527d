import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { GeneratorDescription, SamplingSettings } from "../../../study/generatorRecord.ts";
import type { Recognised } from "../architecture.ts";
import { checkKeys, countParameters } from "../keys.ts";
import { weightsOf } from "./load.ts";
import { loadNetwork } from "./network.ts";
import { blocksOf, type ResidualPlan, resolutionOf, type SpectralForm } from "./plan.ts";
import { planFlops } from "./planCost.ts";
import { planKeys } from "./planKeys.ts";
import type { ResidualFamily } from "./residualFamily.ts";

/** Checks the keys of a checkpoint against its plan, and describes it. @throws CheckpointError as {@link checkKeys} does */
export function recogniseResidual(
  file: CheckpointFile,
  plan: ResidualPlan,
  family: ResidualFamily,
  notes: readonly string[] = [],
): Recognised {
  const keys = planKeys(plan);
  const unexpected = checkKeys(file, `a generator "${family.title}"`, keys);
  const description: GeneratorDescription = {
    architecture: family.architecture,
    title: family.title,
    parameters: countParameters(keys),
    classes: plan.classes,
    resolution: resolutionOf(plan),
    latentSize: plan.latent,
    ema: file.ema,
    flopsPerEvaluation: planFlops(plan),
    details: detailsOf(plan),
    defaults: { ...NO_CHOICE, spectralNorm: family.spectralNorm },
    settings: settingsOf(plan),
    warnings: [...unexpected, ...notes],
  };
  return {
    description,
    load: (ops, settings) => loadNetwork(ops, file, plan, family, description, settings),
  };
}

/** Settings that say nothing here have the values that change nothing. */
const NO_CHOICE: SamplingSettings = {
  truncation: null,
  noise: "none",
  spectralNorm: "stored",
  batchNorm: "stored",
  sampler: "ddpm",
  steps: 1,
  eta: 0,
  spacing: "uniform",
  clip: false,
  variance: "fixed-large",
};

function settingsOf(plan: ResidualPlan): (keyof SamplingSettings)[] {
  const settings: (keyof SamplingSettings)[] = ["truncation"];
  if (weightsOf(plan).some(({ form }) => form !== "none")) settings.push("spectralNorm");
  // A table of statistics is the file's own answer to truncation.
  if (plan.lastNorm.rows === null) settings.push("batchNorm");
  return settings;
}

const FORMS: Readonly<Record<SpectralForm, string>> = {
  none: "none, or divided out",
  hook: "weight_orig, u, v",
  parametrization: "parametrization",
  power: "weight, u0",
};

function detailsOf(plan: ResidualPlan): Record<string, string | number> {
  const channels = [plan.channels, ...blocksOf(plan).map(({ outputs }) => outputs)];
  let side = plan.side;
  const attention: number[] = [];
  for (const stage of plan.stages) {
    if (stage.kind === "attention") attention.push(side);
    else if (stage.doubled !== null) side *= 2;
  }
  return {
    blocks: blocksOf(plan).length,
    channels: channels.join(" "),
    attention: attention.length === 0 ? "none" : attention.map((pixels) => `${pixels} × ${pixels}`).join(", "),
    "spectral norm": FORMS[plan.first.form],
  };
}
