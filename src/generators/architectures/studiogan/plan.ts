import type { StateDictFile } from "../../../checkpoints/stateDict.ts";
import type { AttentionPlan, BlockPlan, ConditionPlan, NormPlan, ResidualPlan } from "../residual/plan.ts";
import { formOf, Shapes } from "../residual/shapes.ts";
import { conditionOf, type StudioGanCondition } from "./condition.ts";

export type StudioGanBackbone = "big_resnet" | "resnet" | "big_resnet_deep_legacy" | "big_resnet_deep_studiogan";

/** Of every batch norm. */
const EPS = 1e-4;

/**
 * The generator behind the keys of a StudioGAN checkpoint; resolution, widths, classes, z and the places of attention
 * are those of the shapes.
 * @throws CheckpointError where a tensor that sizes hang on is missing
 */
export function studioGanPlan(file: StateDictFile): {
  readonly plan: ResidualPlan;
  readonly backbone: StudioGanBackbone;
  readonly notes: readonly string[];
} {
  const shapes = new Shapes(file, "a StudioGAN generator", formOf(file, "linear0") ?? "none");
  const deep = [...file.tensors.keys()].some((key) => /^blocks\.\d+\.0\.conv2d[34]\./.test(key));
  const [rows = 0] = shapes.weight("linear0", 2);
  const count = shapes.count("blocks");
  const isAttention = (k: number) =>
    shapes.has(`blocks.${k}.0.sigma`) || formOf(file, `blocks.${k}.0.conv1x1_theta`) !== null;
  const blocks = Array.from({ length: count }, (_, k) => k).filter((k) => !isAttention(k));
  if (blocks.length === 0) shapes.fail("it has no block with conv2d1");
  const channels = shapes.weight("blocks.0.0.conv2d1", 4)[1] as number;
  const told = conditionOf(shapes, deep, blocks.length);
  const stages: (BlockPlan | AttentionPlan)[] = [];
  let width = channels;
  for (let k = 0; k < count; k++) {
    const module = `blocks.${k}.0`;
    if (isAttention(k)) {
      const parts = ["theta", "phi", "g", "attn"].map((part) => `${module}.conv1x1_${part}`);
      stages.push(shapes.attention(`${module}.sigma`, parts as [string, string, string, string], width));
      continue;
    }
    const stage = deep
      ? bottleneck(shapes, told, module, width, blocks.indexOf(k) % 2 === 1)
      : doubling(shapes, told, module, width);
    stages.push(stage);
    width = stage.outputs;
  }
  const notes: string[] = [];
  if (deep && blocks.length % 2 === 1) shapes.fail(`it has ${blocks.length} blocks, which come in pairs (depth 2)`);
  if (deep)
    notes.push(
      "Depth 2 is taken for granted, as every published configuration has it: every second block doubles the picture.",
    );
  const plan: ResidualPlan = {
    latent: told.latent,
    classes: told.classes,
    condition: told.plan,
    first: shapes.layer("linear0", [rows, told.firstInputs]),
    firstOrder: "chw",
    channels,
    side: shapes.side(rows, channels, "linear0"),
    stages,
    lastNorm: learnedNorm("bn4", width),
    last: shapes.layer("conv2d5", [3, width, 3, 3]),
  };
  return { plan, backbone: backboneOf(shapes, deep, told.plan), notes };
}

function backboneOf(shapes: Shapes, deep: boolean, { latent }: ConditionPlan): StudioGanBackbone {
  if (!deep) return latent === "first" ? "resnet" : "big_resnet";
  return formOf(shapes.file, "blocks.0.0.conv2d0") === null ? "big_resnet_deep_legacy" : "big_resnet_deep_studiogan";
}

/** Two 3×3 convolutions, the picture doubled in front of the first. */
function doubling(shapes: Shapes, told: StudioGanCondition, module: string, inputs: number): BlockPlan {
  const outputs = shapes.weight(`${module}.conv2d1`, 4)[0] as number;
  return {
    kind: "block",
    branch: [
      {
        norm: norm(shapes, told, `${module}.bn1`, inputs),
        convolution: shapes.layer(`${module}.conv2d1`, [outputs, inputs, 3, 3]),
      },
      {
        norm: norm(shapes, told, `${module}.bn2`, outputs),
        convolution: shapes.layer(`${module}.conv2d2`, [outputs, outputs, 3, 3]),
      },
    ],
    doubled: 0,
    shortcut: shapes.layer(`${module}.conv2d0`, [outputs, inputs, 1, 1]),
    inputs,
    outputs,
  };
}

/** 1×1, 3×3, 3×3, 1×1, the picture doubled in front of the second. */
function bottleneck(
  shapes: Shapes,
  told: StudioGanCondition,
  module: string,
  inputs: number,
  doubles: boolean,
): BlockPlan {
  const hidden = shapes.weight(`${module}.conv2d1`, 4)[0] as number;
  const outputs = shapes.weight(`${module}.conv2d4`, 4)[0] as number;
  const step = (at: number, kernel: readonly number[]) => ({
    norm: norm(shapes, told, `${module}.bn${at}`, kernel[1] as number),
    convolution: shapes.layer(`${module}.conv2d${at}`, kernel),
  });
  return {
    kind: "block",
    branch: [
      step(1, [hidden, inputs, 1, 1]),
      step(2, [hidden, hidden, 3, 3]),
      step(3, [hidden, hidden, 3, 3]),
      step(4, [outputs, hidden, 1, 1]),
    ],
    doubled: doubles ? 1 : null,
    shortcut:
      formOf(shapes.file, "blocks.0.0.conv2d0") === null
        ? null
        : shapes.layer(`${module}.conv2d0`, [outputs, inputs, 1, 1]),
    inputs,
    outputs,
  };
}

function norm(shapes: Shapes, told: StudioGanCondition, module: string, channels: number): NormPlan {
  if (told.norms === "learned") return learnedNorm(module, channels);
  const kept = {
    channels,
    eps: EPS,
    mean: `${module}.bn.running_mean`,
    variance: `${module}.bn.running_var`,
    rows: null,
  };
  const shape = [channels, told.inputs];
  if (told.norms === "tables") {
    const table = (name: string) => ({ name, shape, form: "none", bias: false, table: true }) as const;
    return {
      ...kept,
      affine: { kind: "conditional", gain: table(`${module}.embed0`), bias: table(`${module}.embed1`) },
    };
  }
  const map = (name: string) => shapes.layer(name, shape, false);
  return { ...kept, affine: { kind: "conditional", gain: map(`${module}.gain`), bias: map(`${module}.bias`) } };
}

function learnedNorm(module: string, channels: number): NormPlan {
  return {
    channels,
    eps: EPS,
    mean: `${module}.running_mean`,
    variance: `${module}.running_var`,
    rows: null,
    affine: { kind: "learned", gain: `${module}.weight`, bias: `${module}.bias` },
  };
}
