import type { ExpectedKey } from "../keys.ts";
import type { AttentionPlan, BlockPlan, NormPlan, ResidualPlan, WeightPlan } from "./plan.ts";

/** Every tensor that a checkpoint of this network has. */
export function planKeys(plan: ResidualPlan): ExpectedKey[] {
  const keys = [...embeddingKeys(plan), ...weightKeys(plan.first)];
  for (const stage of plan.stages) keys.push(...(stage.kind === "block" ? blockKeys(stage) : attentionKeys(stage)));
  keys.push(...normKeys(plan.lastNorm), ...weightKeys(plan.last));
  return keys;
}

function embeddingKeys({ condition, classes }: ResidualPlan): ExpectedKey[] {
  if (condition.embedding === null || classes === null) return [];
  const { name, size, transposed } = condition.embedding;
  return [{ name, shape: transposed ? [size, classes] : [classes, size], kind: "parameter" }];
}

function blockKeys({ branch, shortcut }: BlockPlan): ExpectedKey[] {
  const inBranch = branch.flatMap(({ norm, convolution }) => [...normKeys(norm), ...weightKeys(convolution)]);
  return [...inBranch, ...(shortcut === null ? [] : weightKeys(shortcut))];
}

function attentionKeys({ gain, gainShape, theta, phi, g, out }: AttentionPlan): ExpectedKey[] {
  return [{ name: gain, shape: gainShape, kind: "parameter" }, ...[theta, phi, g, out].flatMap(weightKeys)];
}

/** Tensors of one weight under its form of spectral norm. */
export function weightKeys({ name, shape, form, bias, table }: WeightPlan): ExpectedKey[] {
  const [out = 1, ...rest] = shape;
  const inputs = rest.reduce((product, extent) => product * extent, 1);
  const kept = table === true ? [...rest, out] : shape;
  const keys: ExpectedKey[] = bias ? [{ name: `${name}.bias`, shape: [out], kind: "parameter" }] : [];
  keys.push({ name: weightName(name, form), shape: kept, kind: "parameter" });
  const buffer = (key: string, size: readonly number[]): ExpectedKey => ({ name: key, shape: size, kind: "buffer" });
  if (form === "power") keys.push(buffer(`${name}.u0`, [1, out]), { ...buffer(`${name}.sv0`, [1]), optional: true });
  const vectors = vectorNames(name, form);
  if (vectors !== null) keys.push(buffer(vectors.u, [out]), buffer(vectors.v, [inputs]));
  return keys;
}

export function weightName(name: string, form: WeightPlan["form"]): string {
  if (form === "hook") return `${name}.weight_orig`;
  return form === "parametrization" ? `${name}.parametrizations.weight.original` : `${name}.weight`;
}

/** Keys of the left and right singular vector that are kept; null where none or only the left one is. */
export function vectorNames(name: string, form: WeightPlan["form"]): { u: string; v: string } | null {
  if (form === "hook") return { u: `${name}.weight_u`, v: `${name}.weight_v` };
  if (form !== "parametrization") return null;
  return { u: `${name}.parametrizations.weight.0._u`, v: `${name}.parametrizations.weight.0._v` };
}

function normKeys({ channels, rows, mean, variance, affine, unused }: NormPlan): ExpectedKey[] {
  const shape = rows === null ? [channels] : [rows, channels];
  const keys: ExpectedKey[] = [
    { name: mean, shape, kind: "buffer" },
    { name: variance, shape, kind: "variance" },
    ...(unused ?? []).map((key): ExpectedKey => ({ ...key, kind: "buffer", optional: true })),
  ];
  if (affine.kind === "conditional") return [...keys, ...weightKeys(affine.gain), ...weightKeys(affine.bias)];
  const learned = [affine.gain, affine.bias].map(
    (name): ExpectedKey => ({ name, shape: [channels], kind: "parameter" }),
  );
  return [...keys, ...learned];
}
