import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { StateDictFile } from "../../../checkpoints/stateDict.ts";
import { type Block, type ConvolutionLayer, INCEPTION_CLASSES, inceptionBlocks } from "./inceptionLayers.ts";

/** A convolution with its full name and input channels. */
export interface NamedConvolution {
  readonly name: string;
  readonly layer: ConvolutionLayer;
  readonly input: number;
}

const PER_CHANNEL = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"] as const;
const LISTED = 12;

/** Every convolution of the blocks, in order, and the channels that come out. */
export function convolutionsOf(blocks: readonly Block[]): { convolutions: NamedConvolution[]; channels: number } {
  const convolutions: NamedConvolution[] = [];
  let channels = 3;
  const add = (block: string, layer: ConvolutionLayer, input: number): number => {
    convolutions.push({ name: block === "" ? layer.name : `${block}.${layer.name}`, layer, input });
    return layer.channels;
  };
  for (const { name, branches } of blocks) {
    let out = 0;
    for (const branch of branches) {
      let width = channels;
      for (const layer of branch) {
        if (layer.kind === "convolution") width = add(name, layer, width);
        else if (layer.kind === "fork") {
          const input = width;
          width = layer.layers.reduce((sum, each) => sum + add(name, each, input), 0);
        }
      }
      out += width;
    }
    channels = out;
  }
  return { convolutions, channels };
}

/** Shapes by name of what features are computed from, and of the head, which tells FID's network from torchvision's. */
export function inceptionShapes(): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const { convolutions, channels } = convolutionsOf(inceptionBlocks);
  for (const { name, layer, input } of convolutions) {
    shapes.set(`${name}.conv.weight`, [layer.channels, input, ...layer.kernel]);
    for (const part of PER_CHANNEL) shapes.set(`${name}.${part}`, [layer.channels]);
  }
  shapes.set("fc.weight", [INCEPTION_CLASSES, channels]);
  return shapes;
}

/**
 * Throws CheckpointError unless the file is FID's Inception-v3, as pytorch-fid keeps it: what it is instead, or which
 * tensors are missing or of another shape.
 */
export function checkInception({ tensors }: StateDictFile): void {
  const classes = tensors.get("fc.weight")?.shape[0];
  if (tensors.has("Conv2d_1a_3x3.conv.weight") && (classes === 1000 || tensors.has("AuxLogits.fc.weight"))) {
    throw new CheckpointError(
      "This is torchvision's Inception-v3 (1,000 classes). Its distance is no FID: take pytorch-fid's file with 1,008 classes, pt_inception-2015-12-05-6726825d.pth.",
    );
  }
  const faults: string[] = [];
  const shapes = inceptionShapes();
  for (const [name, shape] of shapes) {
    const found = tensors.get(name)?.shape;
    if (found === undefined) faults.push(`${name} is missing`);
    else if (found.join() !== shape.join()) {
      faults.push(`${name} has shape [${found.join(", ")}], expected [${shape.join(", ")}]`);
    }
  }
  if (faults.length === 0) return;
  const listed = faults.slice(0, LISTED).join("; ");
  const more = faults.length > LISTED ? `; and ${faults.length - LISTED} more` : "";
  throw new CheckpointError(
    `This is not the Inception-v3 that FID is computed with (pytorch-fid's pt_inception-2015-12-05-6726825d.pth): of its ${shapes.size} tensors ${faults.length} do not fit: ${listed}${more}.`,
  );
}
