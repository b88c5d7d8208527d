import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { definingShape } from "../keys.ts";
import type { AttentionPlan, BlockPlan, NormPlan, ResidualPlan } from "../residual/plan.ts";
import { formOf, Shapes } from "../residual/shapes.ts";

const EPS = 1e-4;

/**
 * The generator behind the keys of a BigGAN-deep checkpoint. Which blocks double the picture is no matter of shapes:
 * config.json says it; without one every second block does, as in the three released networks.
 * @throws CheckpointError where a tensor that sizes hang on is missing
 */
export function bigGanDeepPlan(file: CheckpointFile): {
  readonly plan: ResidualPlan;
  readonly notes: readonly string[];
} {
  const shapes = new Shapes(file, "a BigGAN-deep generator", formOf(file, "generator.gen_z") ?? "hook");
  const [rows = 0, inputs = 0] = shapes.weight("generator.gen_z", 2);
  const [size = 0, classes = 0] = definingShape(file, shapes.what, "embeddings.weight", 2);
  if (size >= inputs)
    shapes.fail(`generator.gen_z takes ${inputs} inputs, which leave no z beside the class's ${size}`);
  const [tableRows = 0] = definingShape(file, shapes.what, "generator.layers.0.bn_0.running_means", 2);
  const told = { inputs, rows: tableRows };
  const channels = shapes.weight("generator.layers.0.conv_0", 4)[1] as number;
  const count = shapes.count("generator.layers");
  const modules = Array.from({ length: count }, (_, k) => `generator.layers.${k}`);
  const isAttention = (module: string) =>
    shapes.has(`${module}.gamma`) || formOf(file, `${module}.snconv1x1_theta`) !== null;
  const blocks = modules.filter((module) => !isAttention(module));
  const { doubles, notes } = doublingOf(file, shapes, blocks.length);
  const stages: (BlockPlan | AttentionPlan)[] = [];
  let width = channels;
  for (const module of modules) {
    if (isAttention(module)) {
      const parts = ["theta", "phi", "g", "o_conv"].map((part) => `${module}.snconv1x1_${part}`);
      stages.push(shapes.attention(`${module}.gamma`, parts as [string, string, string, string], width));
      continue;
    }
    const stage = block(shapes, told, module, width, doubles[blocks.indexOf(module)] === true);
    stages.push(stage);
    width = stage.outputs;
  }
  const rgb = shapes.weight("generator.conv_to_rgb", 4)[0] as number;
  if (rgb < 3) shapes.fail(`generator.conv_to_rgb has ${rgb} outputs, fewer than a picture's 3`);
  const plan: ResidualPlan = {
    latent: inputs - size,
    classes,
    condition: {
      label: "embedding",
      embedding: { name: "embeddings.weight", size, transposed: true },
      latent: "whole",
      order: "latent-first",
    },
    first: shapes.layer("generator.gen_z", [rows, inputs]),
    firstOrder: "hwc",
    channels,
    side: shapes.side(rows, channels, "generator.gen_z"),
    stages,
    lastNorm: {
      ...statistics("generator.bn", width, tableRows),
      affine: { kind: "learned", gain: "generator.bn.weight", bias: "generator.bn.bias" },
    },
    last: shapes.layer("generator.conv_to_rgb", [rgb, width, 3, 3]),
  };
  return { plan, notes };
}

/** Of each block, whether it doubles the picture; `layers` of config.json is a list of [doubles, in, out]. */
function doublingOf(file: CheckpointFile, shapes: Shapes, blocks: number): { doubles: boolean[]; notes: string[] } {
  const config = file.config.get("config.json");
  const layers = typeof config === "object" && config !== null && "layers" in config ? config.layers : null;
  if (Array.isArray(layers)) {
    if (layers.length !== blocks) {
      shapes.fail(`its config.json has ${layers.length} layers and the checkpoint ${blocks} blocks`);
    }
    return { doubles: layers.map((layer: unknown) => Array.isArray(layer) && layer[0] === true), notes: [] };
  }
  const note =
    "There is no config.json with `layers`: every second block is taken to double the picture, as in the released networks.";
  return { doubles: Array.from({ length: blocks }, (_, k) => k % 2 === 1), notes: [note] };
}

function block(
  shapes: Shapes,
  told: { readonly inputs: number; readonly rows: number },
  module: string,
  inputs: number,
  doubles: boolean,
): BlockPlan {
  const hidden = shapes.weight(`${module}.conv_0`, 4)[0] as number;
  const outputs = shapes.weight(`${module}.conv_3`, 4)[0] as number;
  const kernels = [
    [hidden, inputs, 1, 1],
    [hidden, hidden, 3, 3],
    [hidden, hidden, 3, 3],
    [outputs, hidden, 1, 1],
  ];
  const branch = kernels.map((kernel, at) => {
    const channels = kernel[1] as number;
    const norm = `${module}.bn_${at}`;
    const map = (name: string) => shapes.layer(name, [channels, told.inputs], false);
    const affine = { kind: "conditional", gain: map(`${norm}.scale`), bias: map(`${norm}.offset`) } as const;
    return {
      norm: { ...statistics(norm, channels, told.rows), affine },
      convolution: shapes.layer(`${module}.conv_${at}`, kernel),
    };
  });
  return { kind: "block", branch, doubled: doubles ? 1 : null, shortcut: null, inputs, outputs };
}

function statistics(module: string, channels: number, rows: number): Omit<NormPlan, "affine"> {
  return { channels, eps: EPS, mean: `${module}.running_means`, variance: `${module}.running_vars`, rows };
}
