import type { Activation, ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import type { UNetLevel, UNetSizes } from "./sizes.ts";

/**
 * A UNet's tensors on a device, by the names of pesser's port without ".weight": "down.0.block.0.conv1".
 * Dense layers are 1×1 convolutions. `uploadUNet` makes one of a checkpoint's tensors.
 */
export interface UNetWeights {
  readonly sizes: UNetSizes;
  readonly convolutions: ReadonlyMap<string, UNetConvolution>;
  readonly norms: ReadonlyMap<string, { readonly gamma: Value; readonly beta: Value }>;
  /** Embeddings of timesteps, [timesteps, channels]. */
  embed(timesteps: ArrayLike<number>): Float32Array;
}

export interface UNetConvolution {
  readonly weights: ConvolutionWeights;
  /** [1, cout, 1, 1] */
  readonly bias: Value;
}

const SWISH: Activation = { kind: "swish" };
const LINEAR: Activation = { kind: "linear" };

/**
 * The noise that x [n, 3, r, r] holds at its timesteps, [n, 3, r, r]. One timestep serves all images; else one per
 * image. r is a multiple of 2^(levels − 1).
 */
export function unet(ops: ImageOps, weights: UNetWeights, x: Value, timesteps: ArrayLike<number>): Value {
  const { sizes } = weights;
  const stride = 2 ** (sizes.levels.length - 1);
  const [n, , h, w] = x.shape;
  if (h % stride !== 0 || w % stride !== 0)
    throw new RangeError(
      `A UNet of ${sizes.levels.length} levels takes sides that are multiples of ${stride}, not ${h}×${w}.`,
    );
  if (timesteps.length !== 1 && timesteps.length !== n)
    throw new RangeError(`${timesteps.length} timesteps for ${n} images.`);
  return ops.scope(() => new Pass(ops, weights, timesteps).run(x));
}

/** One evaluation. */
class Pass {
  /** swish of the embedding's dense layers, [1 or n, timeWidth, 1, 1]. */
  private readonly time: Value;

  constructor(
    private readonly ops: ImageOps,
    private readonly weights: UNetWeights,
    timesteps: ArrayLike<number>,
  ) {
    const { channels } = weights.sizes;
    const embedding = ops.upload(weights.embed(timesteps), [timesteps.length, channels, 1, 1]);
    this.time = this.convolve("temb.dense.1", this.convolve("temb.dense.0", embedding, SWISH), SWISH);
  }

  run(x: Value): Value {
    const { levels, blocks } = this.weights.sizes;
    const lowest = levels.length - 1;
    let y = this.convolve("conv_in", x);
    const skips = [y];
    levels.forEach((level, l) => {
      for (let b = 0; b < blocks; b++) {
        y = this.residual(`down.${l}.block.${b}`, y);
        if (level.attentionDown) y = this.replace(y, this.attention(`down.${l}.attn.${b}`, y));
        skips.push(y);
      }
      if (l === lowest) return;
      y = this.convolve(`down.${l}.downsample.conv`, y);
      skips.push(y);
    });
    y = this.residual("mid.block_1", y);
    y = this.replace(y, this.attention("mid.attn_1", y));
    y = this.replace(y, this.residual("mid.block_2", y));
    for (let l = lowest; l >= 0; l--) {
      for (let b = 0; b <= blocks; b++) {
        const skip = skips.pop() as Value;
        const joined = this.replace(y, this.ops.concat(y, skip));
        this.ops.free(skip);
        y = this.replace(joined, this.residual(`up.${l}.block.${b}`, joined));
        if ((levels[l] as UNetLevel).attentionUp) y = this.replace(y, this.attention(`up.${l}.attn.${b}`, y));
      }
      if (l > 0) y = this.replace(y, this.convolve(`up.${l}.upsample.conv`, y));
    }
    return this.convolve("conv_out", this.norm("norm_out", y, SWISH));
  }

  private residual(name: string, x: Value): Value {
    const { ops } = this;
    return ops.scope(() => {
      const { weights, bias } = this.convolution(`${name}.conv1`);
      const shift = this.convolve(`${name}.temb_proj`, this.time);
      const first = this.norm(`${name}.norm1`, x, SWISH);
      // One timestep for all images: it is part of the convolution's bias.
      const shifted =
        shift.shape[0] === 1
          ? ops.convolution(first, weights, { bias: ops.add(shift, bias) })
          : ops.scaleShift(ops.convolution(first, weights, { bias }), null, shift);
      const second = this.norm(`${name}.norm2`, shifted, SWISH);
      const shortcut = this.weights.convolutions.has(`${name}.nin_shortcut`)
        ? this.convolve(`${name}.nin_shortcut`, x)
        : x;
      return this.convolve(`${name}.conv2`, second, LINEAR, shortcut);
    });
  }

  private attention(name: string, x: Value): Value {
    const { ops } = this;
    return ops.scope(() => {
      const [n, c, h, w] = x.shape;
      const width = this.weights.sizes.headWidth ?? c;
      const normed = this.norm(`${name}.norm`, x, LINEAR);
      const part = (letter: string): Value => {
        const value = this.convolve(`${name}.${letter}`, normed);
        return width === c ? value : ops.reshape(value, [(n * c) / width, width, h, w]);
      };
      const mixed = ops.attention(part("q"), part("k"), part("v"), 1 / Math.sqrt(width));
      return this.convolve(`${name}.proj_out`, ops.reshape(mixed, [n, c, h, w]), LINEAR, x);
    });
  }

  private norm(name: string, x: Value, activation: Activation): Value {
    const { groups, eps } = this.weights.sizes;
    const norm = this.weights.norms.get(name);
    if (!norm) throw new RangeError(`No group norm ${name} among the UNet's weights.`);
    return this.ops.groupNorm(x, groups, norm.gamma, norm.beta, eps, activation);
  }

  private convolve(name: string, x: Value, activation = LINEAR, addend: Value | null = null): Value {
    const { weights, bias } = this.convolution(name);
    return this.ops.convolution(x, weights, { bias, addend, activation });
  }

  private convolution(name: string): UNetConvolution {
    const found = this.weights.convolutions.get(name);
    if (!found) throw new RangeError(`No convolution ${name} among the UNet's weights.`);
    return found;
  }

  /** `next`, with what it was made of given back to the device. */
  private replace(previous: Value, next: Value): Value {
    this.ops.free(previous);
    return next;
  }
}
