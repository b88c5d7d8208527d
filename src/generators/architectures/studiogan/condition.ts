import { definingShape } from "../keys.ts";
import type { ConditionPlan } from "../residual/plan.ts";
import { formOf, type Shapes } from "../residual/shapes.ts";

/** What the shapes say about z and classes. */
export interface StudioGanCondition {
  readonly plan: ConditionPlan;
  readonly latent: number;
  readonly classes: number | null;
  /** Inputs of linear0. */
  readonly firstInputs: number;
  /** Numbers that a block is told. */
  readonly inputs: number;
  /** How batch norms get gain and bias: linear maps of the condition, tables of the classes (before 2022), or vectors. */
  readonly norms: "maps" | "tables" | "learned";
}

/** z of a `big_resnet` is split in chunks this long at most; a `resnet` has a whole z in linear0. */
const LONGEST_CHUNK = 48;

/** Tells the backbones apart by what their first batch norm and linear0 are fed with. */
export function conditionOf(shapes: Shapes, deep: boolean, blocks: number): StudioGanCondition {
  const firstInputs = shapes.weight("linear0", 2)[1] as number;
  const shared = shapes.has("shared.weight");
  if (!shared && !deep) {
    const other = classesOnly(shapes, firstInputs);
    if (other !== null) return other;
  }
  const inputs = shapes.weight("blocks.0.0.bn1.gain", 2)[1] as number;
  const size = deep ? 0 : inputs - firstInputs;
  if (deep && inputs !== firstInputs) {
    shapes.fail(
      `linear0 takes ${firstInputs} inputs and blocks.0.0.bn1.gain ${inputs}, which are the same in BigGAN-Deep`,
    );
  }
  if (!shared && (deep || size === 0)) {
    const latent = deep ? inputs : firstInputs * (blocks + 1);
    const plan: ConditionPlan = {
      label: "none",
      embedding: null,
      latent: deep ? "whole" : "chunks",
      order: "label-first",
    };
    return { plan, latent, classes: null, firstInputs, inputs, norms: "maps" };
  }
  const table = definingShape(shapes.file, shapes.what, "shared.weight", 2);
  const [rows = 0, columns = 0] = table;
  const embedded = deep ? columns : size;
  const latent = deep ? inputs - columns : firstInputs * (blocks + 1);
  if (embedded < 1 || latent < 1) {
    shapes.fail(
      `blocks.0.0.bn1.gain takes ${inputs} inputs, which leave nothing for z beside linear0's ${firstInputs} or the class's ${columns}`,
    );
  }
  return {
    plan: {
      label: "embedding",
      embedding: { name: "shared.weight", size: embedded, transposed: false },
      latent: deep ? "whole" : "chunks",
      order: "label-first",
    },
    latent,
    // A table that lies on its side has its classes in the other axis: the check of the keys will say so.
    classes: rows === embedded && columns !== embedded ? columns : rows,
    firstInputs,
    inputs,
    norms: "maps",
  };
}

/** A `resnet`: no class embedding, z goes to linear0 alone. null where it is a `big_resnet` after all. */
function classesOnly(shapes: Shapes, latent: number): StudioGanCondition | null {
  const plan = (label: ConditionPlan["label"]): ConditionPlan => ({
    label,
    embedding: null,
    latent: "first",
    order: "label-first",
  });
  const rest = { latent, firstInputs: latent };
  if (shapes.has("blocks.0.0.bn1.embed0.weight") || shapes.has("blocks.0.0.bn1.embed1.weight")) {
    const [classes = 0] = definingShape(shapes.file, shapes.what, "blocks.0.0.bn1.embed0.weight", 2);
    return { ...rest, plan: plan("one-hot"), classes, inputs: classes, norms: "tables" };
  }
  if (formOf(shapes.file, "blocks.0.0.bn1.gain") === null && shapes.has("blocks.0.0.bn1.running_mean")) {
    return { ...rest, plan: plan("none"), classes: null, inputs: 0, norms: "learned" };
  }
  const inputs = shapes.weight("blocks.0.0.bn1.gain", 2)[1] as number;
  if (inputs === latent) return null;
  if (latent <= LONGEST_CHUNK && inputs > latent) return null;
  return { ...rest, plan: plan("one-hot"), classes: inputs, inputs, norms: "maps" };
}
