import type { ConvolutionForm } from "../../../engine/ops/imageOps.ts";

/** What makes one UNet of Ho et al. differ from another: DDPM, arXiv 2006.11239, appendix B. */
export interface UNetSizes {
  /** Channels behind the first convolution, and numbers in a timestep's embedding. */
  readonly channels: number;
  /** Width of the embedding behind its two dense layers. */
  readonly timeWidth: number;
  /** Residual blocks of a level on the way down; there is one more on the way up. */
  readonly blocks: number;
  /** From full resolution to the lowest. */
  readonly levels: readonly UNetLevel[];
  /** Groups of every group norm, and the eps in it. */
  readonly groups: number;
  readonly eps: number;
  /** Channels of one attention head; null: one head of all channels. */
  readonly headWidth: number | null;
  /** Zeros of the 3×3 convolutions of stride 2: right and below, or one on each side. */
  readonly downPadding: "after" | "around";
}

export interface UNetLevel {
  readonly width: number;
  /** Attention after each residual block, on the way down and on the way up. */
  readonly attentionDown: boolean;
  readonly attentionUp: boolean;
}

/** A layer with tensors, `${name}.weight` and `${name}.bias` in the names of Ho's PyTorch port (pesser). */
export type UNetLayer =
  | {
      readonly kind: "convolution";
      readonly name: string;
      readonly cout: number;
      readonly cin: number;
      readonly kernel: 1 | 3;
      readonly form: ConvolutionForm;
      /** Its output has resolution / 2^level pixels a side; null: it works on vectors (a dense layer). */
      readonly level: number | null;
    }
  | { readonly kind: "norm"; readonly name: string; readonly channels: number };

const POINT: ConvolutionForm = { up: "none", stride: 1, padding: [0, 0, 0, 0] };
const SAME: ConvolutionForm = { up: "none", stride: 1, padding: [1, 1, 1, 1] };
const DOUBLE: ConvolutionForm = { up: "nearest", stride: 1, padding: [1, 1, 1, 1] };

/** The layers of a UNet, in the order in which they are computed. */
export function unetLayers(sizes: UNetSizes): UNetLayer[] {
  const { channels, timeWidth, blocks, levels } = sizes;
  const layers: UNetLayer[] = [];
  const convolution = (name: string, cin: number, cout: number, level: number, form = SAME): void => {
    layers.push({ kind: "convolution", name, cout, cin, kernel: form === POINT ? 1 : 3, form, level });
  };
  const dense = (name: string, cin: number, cout: number): void => {
    layers.push({ kind: "convolution", name, cout, cin, kernel: 1, form: POINT, level: null });
  };
  const norm = (name: string, width: number): void => {
    layers.push({ kind: "norm", name, channels: width });
  };
  const residual = (name: string, cin: number, cout: number, level: number): void => {
    norm(`${name}.norm1`, cin);
    convolution(`${name}.conv1`, cin, cout, level);
    dense(`${name}.temb_proj`, timeWidth, cout);
    norm(`${name}.norm2`, cout);
    convolution(`${name}.conv2`, cout, cout, level);
    if (cin !== cout) convolution(`${name}.nin_shortcut`, cin, cout, level, POINT);
  };
  const attention = (name: string, width: number, level: number): void => {
    norm(`${name}.norm`, width);
    for (const part of ["q", "k", "v", "proj_out"]) convolution(`${name}.${part}`, width, width, level, POINT);
  };

  dense("temb.dense.0", channels, timeWidth);
  dense("temb.dense.1", timeWidth, timeWidth);
  convolution("conv_in", 3, channels, 0);
  const after: ConvolutionForm = {
    up: "none",
    stride: 2,
    padding: sizes.downPadding === "after" ? [0, 1, 0, 1] : [1, 1, 1, 1],
  };
  const skips = [channels];
  let width = channels;
  levels.forEach((level, l) => {
    for (let b = 0; b < blocks; b++) {
      residual(`down.${l}.block.${b}`, width, level.width, l);
      width = level.width;
      if (level.attentionDown) attention(`down.${l}.attn.${b}`, width, l);
      skips.push(width);
    }
    if (l === levels.length - 1) return;
    convolution(`down.${l}.downsample.conv`, width, width, l + 1, after);
    skips.push(width);
  });
  const lowest = levels.length - 1;
  residual("mid.block_1", width, width, lowest);
  attention("mid.attn_1", width, lowest);
  residual("mid.block_2", width, width, lowest);
  for (let l = lowest; l >= 0; l--) {
    const level = levels[l] as UNetLevel;
    for (let b = 0; b <= blocks; b++) {
      residual(`up.${l}.block.${b}`, width + (skips.pop() as number), level.width, l);
      width = level.width;
      if (level.attentionUp) attention(`up.${l}.attn.${b}`, width, l);
    }
    if (l > 0) convolution(`up.${l}.upsample.conv`, width, width, l - 1, DOUBLE);
  }
  norm("norm_out", width);
  convolution("conv_out", width, 3, 0);
  return layers;
}

/** Names and shapes of the tensors; a dense layer's weight is [out, in], as pesser stores it. */
export function unetTensors(sizes: UNetSizes): Map<string, readonly number[]> {
  const tensors = new Map<string, readonly number[]>();
  for (const layer of unetLayers(sizes)) {
    if (layer.kind === "norm") tensors.set(`${layer.name}.weight`, [layer.channels]);
    else {
      const { cout, cin, kernel, level } = layer;
      tensors.set(`${layer.name}.weight`, level === null ? [cout, cin] : [cout, cin, kernel, kernel]);
    }
    tensors.set(`${layer.name}.bias`, [layer.kind === "norm" ? layer.channels : layer.cout]);
  }
  return tensors;
}

/** Multiply–adds × 2 of one evaluation on one image: convolutions, dense layers and attention. */
export function unetFlops(sizes: UNetSizes, resolution: number): number {
  let flops = 0;
  for (const layer of unetLayers(sizes)) {
    if (layer.kind === "norm") continue;
    const pixels = layer.level === null ? 1 : (resolution / 2 ** layer.level) ** 2;
    flops += 2 * layer.cout * layer.cin * layer.kernel ** 2 * pixels;
    // ⟨q, k⟩ of every two pixels, and as many weighted sums of v
    if (layer.name.endsWith(".proj_out")) flops += 4 * layer.cout * pixels ** 2;
  }
  return flops;
}
