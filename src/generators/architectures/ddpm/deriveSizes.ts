import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { type ConfigValues, configSection } from "../configValues.ts";
import { definingShape, type ExpectedKey } from "../keys.ts";
import type { Dialect } from "./dialects.ts";
import { type UNetLevel, type UNetSizes, unetTensors } from "./sizes.ts";

/** A UNet's sizes by keys and shapes, and what had to be assumed because neither they nor a configuration tell it. */
export interface DerivedSizes {
  readonly sizes: UNetSizes;
  readonly resolution: number;
  readonly assumed: readonly string[];
}

/** @throws CheckpointError where sizes do not make a UNet of Ho et al. */
export function deriveSizes(file: CheckpointFile, dialect: Dialect): DerivedSizes {
  const what = `a ${dialect.title}`;
  const has = (name: string, levels: number, blocks: number): boolean =>
    file.tensors.has(dialect.key(name, levels, blocks));
  const blocks = dialect.blocks(file.tensors);
  let levels = 0;
  while (has(`down.${levels}.block.0.conv1.weight`, 0, blocks)) levels++;
  if (blocks === 0 || levels === 0)
    throw new CheckpointError(`This looks like ${what}, but has no residual block on the way down.`);
  const shape = (name: string, dimensions: number): readonly number[] =>
    definingShape(file, what, dialect.key(name, levels, blocks), dimensions);
  const config = configSection(file, "config.json");
  const channels = shape("conv_in.weight", 4)[0] as number;
  const level = (l: number): UNetLevel => ({
    width: shape(`down.${l}.block.0.conv1.weight`, 4)[0] as number,
    attentionDown: has(`down.${l}.attn.0.norm.weight`, levels, blocks),
    attentionUp: has(`up.${l}.attn.0.norm.weight`, levels, blocks),
  });
  const sizes: UNetSizes = {
    channels,
    timeWidth: shape("temb.dense.0.weight", 2)[0] as number,
    blocks,
    levels: Array.from({ length: levels }, (_, l) => level(l)),
    groups: config.number("norm_num_groups") ?? metadataInteger(file, "norm_groups") ?? 32,
    eps: config.number("norm_eps") ?? (config.empty ? dialect.eps : UNET2D_DEFAULTS.norm_eps),
    headWidth:
      config.empty || config.has("attention_head_dim")
        ? config.number("attention_head_dim")
        : UNET2D_DEFAULTS.attention_head_dim,
    downPadding: downPadding(config) ?? dialect.downPadding,
  };
  checkDivisible(sizes, what);
  const stated = config.number("sample_size") ?? metadataInteger(file, "resolution");
  const assumed: string[] = [];
  if (stated === null) {
    assumed.push(
      `The file does not say its resolution: ${guessedResolution(sizes)} px, so that the first attention works on 16×16 pixels as in Ho et al.'s networks.`,
    );
  }
  if (dialect.id.startsWith("diffusers") && config.empty) {
    assumed.push(
      "There is no config.json: 32 groups with eps 1e-6, one attention head and padding right and below are assumed, as in google/ddpm-cifar10-32.",
    );
  }
  const resolution = stated ?? guessedResolution(sizes);
  const stride = 2 ** (levels - 1);
  if (!Number.isInteger(resolution) || resolution < 1 || resolution > 1024 || resolution % stride !== 0) {
    throw new CheckpointError(
      `${what} of ${levels} levels makes images whose side is a multiple of ${stride} up to 1024, not ${resolution}.`,
    );
  }
  return { sizes, resolution, assumed };
}

/** The tensors by the dialect's names, in the order in which they are computed with. */
export function expectedKeys(dialect: Dialect, sizes: UNetSizes): ExpectedKey[] {
  return [...unetTensors(sizes)].map(([name, shape]) => ({
    name: dialect.key(name, sizes.levels.length, sizes.blocks),
    shape: dialect.flatAttention && ATTENTION.test(name) ? shape.slice(0, 2) : shape,
    kind: "parameter",
  }));
}

/** Of diffusers' UNet2DModel, where a config.json leaves a field out. */
const UNET2D_DEFAULTS = { norm_eps: 1e-5, attention_head_dim: 8, downsample_padding: 1 } as const;

const ATTENTION = /\.attn(_1|\.\d+)\.(q|k|v|proj_out)\.weight$/;

/** Ho et al. and Song et al. put attention where there are 16×16 pixels. */
function guessedResolution({ levels }: UNetSizes): number {
  const first = levels.findIndex(({ attentionDown }) => attentionDown);
  return first < 0 ? 32 : 16 * 2 ** first;
}

function downPadding(config: ConfigValues): UNetSizes["downPadding"] | null {
  if (config.empty) return null;
  const padding = config.number("downsample_padding") ?? UNET2D_DEFAULTS.downsample_padding;
  if (padding !== 0 && padding !== 1)
    throw new CheckpointError(`config.json: downsample_padding is ${padding}; only 0 and 1 occur.`);
  return padding === 0 ? "after" : "around";
}

function metadataInteger(file: CheckpointFile, name: string): number | null {
  const text = Object.hasOwn(file.metadata, name) ? file.metadata[name] : undefined;
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new CheckpointError(`The file's metadata say ${name} = ${text}, expected a positive integer.`);
  return value;
}

function checkDivisible({ channels, levels, groups, headWidth }: UNetSizes, what: string): void {
  for (const width of [channels, ...levels.map((level) => level.width)]) {
    if (!Number.isInteger(groups) || groups < 1 || width % groups !== 0)
      throw new CheckpointError(`This looks like ${what}, but ${width} channels do not divide into ${groups} groups.`);
    if (headWidth !== null && (!Number.isInteger(headWidth) || headWidth < 1 || width % headWidth !== 0))
      throw new CheckpointError(
        `config.json: attention heads of ${headWidth} channels do not divide ${width} channels.`,
      );
  }
}
