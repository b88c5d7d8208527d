import type { StateDictFile } from "../../../checkpoints/stateDict.ts";
import type { AttentionPlan, BlockPlan, NormPlan, ResidualPlan } from "../residual/plan.ts";
import { formOf, Shapes } from "../residual/shapes.ts";

const EPS = 1e-5;

/** What blocks are told. */
interface Told {
  readonly inputs: number;
  /** Gain and bias of a norm are looked up by class: no class embedding is shared. */
  readonly tables: boolean;
}

/**
 * The generator behind the keys of a BigGAN-PyTorch checkpoint, by their shapes.
 * @throws CheckpointError where a tensor that sizes hang on is missing
 */
export function bigGanPlan(file: StateDictFile): ResidualPlan {
  const shapes = new Shapes(file, "a BigGAN-PyTorch generator", formOf(file, "linear") ?? "none");
  const [rows = 0, firstInputs = 0] = shapes.weight("linear", 2);
  const channels = shapes.weight("blocks.0.0.conv1", 4)[1] as number;
  const count = shapes.count("blocks");
  const gain = shapes.weight("blocks.0.0.bn1.gain", 2);
  const tables = !shapes.has("shared.weight");
  const [classes = 0, size = 0] = tables ? gain : (file.tensors.get("shared.weight")?.shape ?? []);
  const told = { tables, inputs: tables ? classes : (gain[1] as number) };
  const split = !tables && told.inputs > size;
  const stages: (BlockPlan | AttentionPlan)[] = [];
  let width = channels;
  for (let k = 0; k < count; k++) {
    const stage = block(shapes, told, `blocks.${k}.0`, width);
    stages.push(stage);
    width = stage.outputs;
    const module = `blocks.${k}.1`;
    if (!shapes.has(`${module}.gamma`) && formOf(file, `${module}.theta`) === null) continue;
    const parts = ["theta", "phi", "g", "o"].map((part) => `${module}.${part}`);
    stages.push(shapes.attention(`${module}.gamma`, parts as [string, string, string, string], width));
  }
  return {
    latent: split ? firstInputs * (count + 1) : firstInputs,
    classes,
    condition: {
      label: tables ? "one-hot" : "embedding",
      embedding: tables
        ? null
        : { name: "shared.weight", size: split ? told.inputs - firstInputs : told.inputs, transposed: false },
      latent: split ? "chunks" : "first",
      order: "label-first",
    },
    first: shapes.layer("linear", [rows, firstInputs]),
    firstOrder: "chw",
    channels,
    side: shapes.side(rows, channels, "linear"),
    stages,
    lastNorm: {
      ...statistics(shapes, "output_layer.0", width),
      affine: { kind: "learned", gain: "output_layer.0.gain", bias: "output_layer.0.bias" },
    },
    last: shapes.layer("output_layer.2", [3, width, 3, 3]),
  };
}

function block(shapes: Shapes, told: Told, module: string, inputs: number): BlockPlan {
  const outputs = shapes.weight(`${module}.conv1`, 4)[0] as number;
  return {
    kind: "block",
    branch: [
      {
        norm: norm(shapes, told, `${module}.bn1`, inputs),
        convolution: shapes.layer(`${module}.conv1`, [outputs, inputs, 3, 3]),
      },
      {
        norm: norm(shapes, told, `${module}.bn2`, outputs),
        convolution: shapes.layer(`${module}.conv2`, [outputs, outputs, 3, 3]),
      },
    ],
    doubled: 0,
    shortcut: shapes.layer(`${module}.conv_sc`, [outputs, inputs, 1, 1]),
    inputs,
    outputs,
  };
}

function norm(shapes: Shapes, { inputs, tables }: Told, module: string, channels: number): NormPlan {
  const [gain, bias] = ["gain", "bias"].map((part) => ({
    ...shapes.layer(`${module}.${part}`, [channels, inputs], false),
    table: tables,
  }));
  if (gain === undefined || bias === undefined) throw new Error("A norm has a gain and a bias.");
  return { ...statistics(shapes, module, channels), affine: { kind: "conditional", gain, bias } };
}

/** The moments stand in the norm itself, or one level deeper: with `mybn`, and with synchronised batch norm. */
function statistics(shapes: Shapes, module: string, channels: number): Omit<NormPlan, "affine"> {
  const names = [
    [`${module}.stored_mean`, `${module}.stored_var`],
    [`${module}.bn.stored_mean`, `${module}.bn.stored_var`],
    [`${module}.bn.running_mean`, `${module}.bn.running_var`],
  ] as const;
  const [mean, variance] = names.find((pair) => pair.some((name) => shapes.has(name))) ?? names[0];
  // With synchronised batch norm the norm keeps moments of its own, which its evaluation does not use.
  const unused = [
    { name: `${module}.bn.accumulation_counter`, shape: [1] },
    { name: `${module}.stored_mean`, shape: [channels] },
    { name: `${module}.stored_var`, shape: [channels] },
  ].filter(({ name }) => name !== mean && name !== variance);
  return { channels, eps: EPS, mean, variance, rows: null, unused };
}
