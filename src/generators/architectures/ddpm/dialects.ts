import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { UNetSizes } from "./sizes.ts";

/** The names that one implementation gives the tensors of Ho et al.'s UNet. */
export interface Dialect {
  readonly id: "pesser" | "diffusers" | "diffusers-old" | "w86763777";
  readonly title: string;
  /** Of its group norms where no configuration says otherwise. */
  readonly eps: number;
  readonly downPadding: UNetSizes["downPadding"];
  /** A tensor that no other kind of checkpoint has. */
  readonly mark: string;
  /** Residual blocks of the first level on the way down. */
  blocks(names: Names): number;
  /** The name of what pesser calls `name`. On the way up `levels` and `blocks` count. */
  key(name: string, levels: number, blocks: number): string;
  /** Attention's projections are [c, c] instead of [c, c, 1, 1]. */
  readonly flatAttention: boolean;
}

type Names = Pick<CheckpointFile["tensors"], "has">;

/** How many of `name(0)`, `name(1)` … are there. */
function run(names: Names, name: (i: number) => string): number {
  let count = 0;
  while (names.has(name(count))) count++;
  return count;
}

const pesser: Dialect = {
  id: "pesser",
  title: "DDPM UNet (pesser, ermongroup)",
  eps: 1e-6,
  downPadding: "after",
  mark: "temb.dense.0.weight",
  blocks: (names) => run(names, (b) => `down.0.block.${b}.conv1.weight`),
  key: (name) => name,
  flatAttention: false,
};

const TO_DIFFUSERS: readonly (readonly [RegExp, string])[] = [
  [/^temb\.dense\.0/, "time_embedding.linear_1"],
  [/^temb\.dense\.1/, "time_embedding.linear_2"],
  [/^norm_out/, "conv_norm_out"],
  [/^mid\.block_1/, "mid_block.resnets.0"],
  [/^mid\.block_2/, "mid_block.resnets.1"],
  [/^mid\.attn_1/, "mid_block.attentions.0"],
  [/^down\.(\d+)\./, "down_blocks.$1."],
  [/\.block\.(\d+)\./, ".resnets.$1."],
  [/\.attn\.(\d+)\./, ".attentions.$1."],
  [/\.temb_proj\./, ".time_emb_proj."],
  [/\.nin_shortcut\./, ".conv_shortcut."],
  [/\.downsample\./, ".downsamplers.0."],
  [/\.upsample\./, ".upsamplers.0."],
  [/(attentions\.\d+)\.norm\./, "$1.group_norm."],
];

function diffusers(
  id: "diffusers" | "diffusers-old",
  title: string,
  parts: Readonly<Record<"q" | "k" | "v" | "proj_out", string>>,
): Dialect {
  return {
    id,
    title,
    eps: 1e-6,
    downPadding: "after",
    mark: `mid_block.attentions.0.${parts.q}.weight`,
    blocks: (names) => run(names, (b) => `down_blocks.0.resnets.${b}.conv1.weight`),
    key: (name, levels) => {
      let key = name.replace(/^up\.(\d+)\./, (_, level: string) => `up_blocks.${levels - 1 - Number(level)}.`);
      for (const [pattern, replacement] of TO_DIFFUSERS) key = key.replace(pattern, replacement);
      return key.replace(/(attentions\.\d+)\.(q|k|v|proj_out)\./, (_, attention: string, part: keyof typeof parts) => {
        return `${attention}.${parts[part]}.`;
      });
    },
    flatAttention: true,
  };
}

const TO_W86763777: readonly (readonly [RegExp, string])[] = [
  [/^temb\.dense\.0/, "time_embedding.timembedding.1"],
  [/^temb\.dense\.1/, "time_embedding.timembedding.3"],
  [/^conv_in/, "head"],
  [/^norm_out/, "tail.0"],
  [/^conv_out/, "tail.2"],
  [/^mid\.block_1/, "middleblocks.0"],
  [/^mid\.attn_1/, "middleblocks.0.attn"],
  [/^mid\.block_2/, "middleblocks.1"],
  [/\.norm1\./, ".block1.0."],
  [/\.conv1\./, ".block1.2."],
  [/\.temb_proj\./, ".temb_proj.1."],
  [/\.norm2\./, ".block2.0."],
  [/\.conv2\./, ".block2.3."],
  [/\.nin_shortcut\./, ".shortcut."],
  [/\.attn\.norm\./, ".attn.group_norm."],
  [/\.attn\.(q|k|v)\./, ".attn.proj_$1."],
  [/\.attn\.proj_out\./, ".attn.proj."],
];

/** One list for all levels: each has its blocks, then (but for the last on the way) what changes the size. */
const w86763777: Dialect = {
  id: "w86763777",
  title: "DDPM UNet (w86763777)",
  eps: 1e-5,
  downPadding: "around",
  mark: "time_embedding.timembedding.0.weight",
  blocks: (names) => run(names, (k) => `downblocks.${k}.block1.0.weight`),
  key: (name, levels, blocks) => {
    let key = name
      .replace(/^down\.(\d+)\.(block|attn)\.(\d+)\./, (_, level: string, part: string, block: string) => {
        return `downblocks.${Number(level) * (blocks + 1) + Number(block)}.${part === "attn" ? "attn." : ""}`;
      })
      .replace(/^down\.(\d+)\.downsample\.conv/, (_, level: string) => {
        return `downblocks.${Number(level) * (blocks + 1) + blocks}.main`;
      })
      .replace(/^up\.(\d+)\.(block|attn)\.(\d+)\./, (_, level: string, part: string, block: string) => {
        const from = (levels - 1 - Number(level)) * (blocks + 2);
        return `upblocks.${from + Number(block)}.${part === "attn" ? "attn." : ""}`;
      })
      .replace(/^up\.(\d+)\.upsample\.conv/, (_, level: string) => {
        return `upblocks.${(levels - 1 - Number(level)) * (blocks + 2) + blocks + 1}.main`;
      });
    for (const [pattern, replacement] of TO_W86763777) key = key.replace(pattern, replacement);
    return key;
  },
  flatAttention: false,
};

export const DIALECTS: readonly Dialect[] = [
  pesser,
  diffusers("diffusers", "DDPM UNet (diffusers)", { q: "to_q", k: "to_k", v: "to_v", proj_out: "to_out.0" }),
  diffusers("diffusers-old", "DDPM UNet (diffusers before 0.15)", {
    q: "query",
    k: "key",
    v: "value",
    proj_out: "proj_attn",
  }),
  w86763777,
];
