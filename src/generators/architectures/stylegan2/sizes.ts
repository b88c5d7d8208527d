import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { definingShape } from "../keys.ts";

/** What makes one StyleGAN2 generator differ from another (Karras et al., arXiv 1912.04958 and 2006.06676). */
export interface StyleGanSizes {
  readonly zWidth: number;
  readonly wWidth: number;
  readonly classes: number | null;
  /** Width of the embedded class; null where there are no classes. */
  readonly embedWidth: number | null;
  /** Outputs of each mapping layer; the last is wWidth. */
  readonly mapping: readonly number[];
  /** From 4×4 to full resolution, each twice as large. */
  readonly blocks: readonly StyleGanBlock[];
  /** How images come about: summed over all blocks, of the last block alone with or without residual blocks. */
  readonly output: "skip" | "resnet" | "orig";
  /** Whether layers add noise. */
  readonly noise: boolean;
}

export interface StyleGanBlock {
  readonly resolution: number;
  readonly width: number;
}

export const WHAT = "a StyleGAN2 generator";

/** @throws CheckpointError where the shapes that give the sizes are missing or contradict each other */
export function deriveSizes(file: CheckpointFile): StyleGanSizes {
  const has = (name: string): boolean => file.tensors.has(name);
  const shape = (name: string, dimensions: number): readonly number[] => definingShape(file, WHAT, name, dimensions);
  const mapping: number[] = [];
  while (has(`mapping.fc${mapping.length}.weight`)) {
    mapping.push(shape(`mapping.fc${mapping.length}.weight`, 2)[0] as number);
  }
  const blocks: StyleGanBlock[] = [];
  for (let resolution = 4; has(`synthesis.b${resolution}.conv1.weight`); resolution *= 2) {
    blocks.push({ resolution, width: shape(`synthesis.b${resolution}.conv1.weight`, 4)[0] as number });
  }
  if (blocks.length === 0) throw new CheckpointError(`This looks like ${WHAT}, but has no synthesis.b4.conv1.weight.`);
  const input = shape("mapping.fc0.weight", 2)[1] as number;
  const [embedWidth = null, classes = null] = has("mapping.embed.weight") ? shape("mapping.embed.weight", 2) : [];
  const zWidth = input - (embedWidth ?? 0);
  if (zWidth < 1) {
    throw new CheckpointError(
      `This looks like ${WHAT}, but mapping.fc0 takes ${input} numbers, of which ${embedWidth} are the class: nothing is left for z.`,
    );
  }
  const skip = has("synthesis.b4.torgb.weight");
  return {
    zWidth,
    wWidth: shape("synthesis.b4.conv1.affine.weight", 2)[1] as number,
    classes,
    embedWidth,
    mapping,
    blocks,
    output: skip ? "skip" : has("synthesis.b8.skip.weight") ? "resnet" : "orig",
    noise: has("synthesis.b4.conv1.noise_strength"),
  };
}

/** Layers that take a w of their own: two of each block but one of the first, and the last block's torgb. */
export function styleCount({ blocks }: StyleGanSizes): number {
  return 2 * blocks.length;
}

/** A convolution whose input channels a style scales. */
export interface StyledLayer {
  /** "b32.conv0" */
  readonly name: string;
  readonly kind: "conv0" | "conv1" | "torgb";
  readonly cin: number;
  readonly cout: number;
  readonly kernel: 1 | 3;
  /** Of its output. */
  readonly resolution: number;
}

/** The styled layers of block `b`, in the order in which they are computed. */
export function styledLayers({ blocks, output }: StyleGanSizes, b: number): StyledLayer[] {
  const { resolution, width } = blocks[b] as StyleGanBlock;
  const before = blocks[b - 1]?.width;
  const at = `b${resolution}`;
  const layers: StyledLayer[] = [];
  if (before !== undefined) {
    layers.push({ name: `${at}.conv0`, kind: "conv0", cin: before, cout: width, kernel: 3, resolution });
  }
  layers.push({ name: `${at}.conv1`, kind: "conv1", cin: width, cout: width, kernel: 3, resolution });
  if (output === "skip" || b === blocks.length - 1) {
    layers.push({ name: `${at}.torgb`, kind: "torgb", cin: width, cout: 3, kernel: 1, resolution });
  }
  return layers;
}

/** Multiply–adds × 2 of one image: mapping, styles, convolutions. */
export function stylegan2Flops(sizes: StyleGanSizes): number {
  let products = 0;
  let input = sizes.zWidth + (sizes.embedWidth ?? 0);
  for (const width of sizes.mapping) {
    products += input * width;
    input = width;
  }
  sizes.blocks.forEach((block, b) => {
    for (const { kind, cin, cout, kernel, resolution } of styledLayers(sizes, b)) {
      // A transposed convolution of stride 2 has as many products as its input has pixels.
      const pixels = (kind === "conv0" ? resolution / 2 : resolution) ** 2;
      products += cin * cout * kernel ** 2 * pixels + sizes.wWidth * cin;
    }
    const before = sizes.blocks[b - 1]?.width;
    if (sizes.output === "resnet" && before !== undefined)
      products += before * block.width * (block.resolution / 2) ** 2;
  });
  return 2 * products;
}
