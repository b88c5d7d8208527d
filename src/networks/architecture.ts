import type { NetworkSpec } from "../engine/network.ts";
import { resnet18Trunk } from "./resnet.ts";
import type { Trunk } from "./trunk.ts";

/** A classifier: a trunk and a linear head `fc` on its features. */
export interface Architecture {
  readonly trunk: Trunk;
  readonly classes: number;
}

/** The architecture that a spec names. @throws RangeError on sizes that it cannot have */
export function architecture(spec: NetworkSpec): Architecture {
  if (!Number.isInteger(spec.classes) || spec.classes < 2) {
    throw new RangeError(`A classifier needs at least 2 classes, not ${spec.classes}.`);
  }
  return { trunk: resnet18Trunk(spec.width, spec.imageSize), classes: spec.classes };
}

export type ParameterKind = "conv" | "gain" | "bias" | "running_mean" | "running_var" | "fc.weight" | "fc.bias";

/** One tensor of the state_dict. */
export interface StateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** false for running statistics. */
  readonly trained: boolean;
  /** Inputs per output unit; sets the scale of PyTorch's default initialisation. */
  readonly fanIn: number;
}

/** The state_dict layout: names and PyTorch shapes, in PyTorch's order (without `num_batches_tracked`). */
export function stateLayout({ trunk, classes }: Architecture): StateTensor[] {
  const d = trunk.featureDim;
  return [
    ...trunkLayout(trunk),
    { name: "fc.weight", shape: [classes, d], kind: "fc.weight", trained: true, fanIn: d },
    { name: "fc.bias", shape: [classes], kind: "fc.bias", trained: true, fanIn: d },
  ];
}

/** The part of the layout that belongs to the trunk. */
export function trunkLayout({ layers, maps }: Trunk): StateTensor[] {
  const channels = (map: number) => (maps[map] as { channels: number }).channels;
  return layers.flatMap((layer): StateTensor[] => {
    if (layer.op === "convolution") {
      const { name, input, output, kernel } = layer;
      const shape = [channels(output), channels(input), kernel, kernel];
      return [{ name: `${name}.weight`, shape, kind: "conv", trained: true, fanIn: channels(input) * kernel ** 2 }];
    }
    if (layer.op !== "batchNorm") return [];
    const { name } = layer;
    const vector = (suffix: string, kind: ParameterKind, trained: boolean): StateTensor => {
      return { name: `${name}.${suffix}`, shape: [channels(layer.input)], kind, trained, fanIn: 1 };
    };
    return [
      vector("weight", "gain", true),
      vector("bias", "bias", true),
      vector("running_mean", "running_mean", false),
      vector("running_var", "running_var", false),
    ];
  });
}
