import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { StateDictFile } from "../../../checkpoints/stateDict.ts";
import type { ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import { convolutionsOf, type NamedConvolution } from "./inceptionKeys.ts";
import { BATCH_NORM_EPS, type Block, type ConvolutionLayer, type Layer } from "./inceptionLayers.ts";

const RELU = { kind: "relu" } as const;

interface Loaded {
  readonly weights: ConvolutionWeights;
  readonly bias: Value;
}

/** A stack of Inception blocks on a device: normalised images → means over the last block's pixels. */
export class InceptionNetwork {
  private constructor(
    private readonly ops: ImageOps,
    private readonly blocks: readonly Block[],
    private readonly loaded: ReadonlyMap<string, Loaded>,
    readonly featureDim: number,
  ) {}

  /** Reads the tensors, batch norm folded into the convolutions. Rejects with CheckpointError for what is no number. */
  static async load(
    file: Pick<StateDictFile, "tensors">,
    blocks: readonly Block[],
    ops: ImageOps,
  ): Promise<InceptionNetwork> {
    const { convolutions, channels } = convolutionsOf(blocks);
    const loaded = new Map<string, Loaded>();
    for (const convolution of convolutions) {
      const { weight, bias } = await folded(file, convolution.name);
      const { layer, input } = convolution;
      const shape = [layer.channels, input, ...layer.kernel] as const;
      const weights = ops.convolutionWeights(weight, shape, {
        up: "none",
        stride: layer.stride,
        padding: paddingOf(layer),
      });
      loaded.set(convolution.name, { weights, bias: ops.upload(bias, [1, layer.channels, 1, 1]) });
    }
    return new InceptionNetwork(ops, blocks, loaded, channels);
  }

  /** [count, featureDim] of images [count, 3, h, w] in [−1, 1]. */
  async features(images: Float32Array, count: number, height: number, width = height): Promise<Float32Array> {
    const { ops } = this;
    const features = ops.scope(() => {
      let x = ops.upload(images, [count, 3, height, width]);
      for (const block of this.blocks) {
        const input = x;
        x = ops.scope(() => this.block(block, input));
        ops.free(input);
      }
      return ops.globalAverage(x);
    });
    try {
      return await ops.read(features);
    } finally {
      ops.free(features);
    }
  }

  dispose(): void {
    for (const { weights, bias } of this.loaded.values()) {
      this.ops.freeWeights(weights);
      this.ops.free(bias);
    }
  }

  private block({ name, branches }: Block, input: Value): Value {
    const outputs = branches.map((layers) => layers.reduce((x, layer) => this.layer(name, layer, x), input));
    return outputs.reduce((a, b) => this.ops.concat(a, b));
  }

  private layer(block: string, layer: Layer, x: Value): Value {
    if (layer.kind === "convolution") return this.convolution(block, layer, x);
    if (layer.kind === "fork") {
      const [a, b] = layer.layers;
      return this.ops.concat(this.convolution(block, a, x), this.convolution(block, b, x));
    }
    const window = { kernel: 3, stride: layer.stride, padding: layer.stride === 1 ? 1 : 0 };
    return layer.kind === "max" ? this.ops.maxPool(x, window) : this.ops.averagePool(x, window);
  }

  private convolution(block: string, { name }: ConvolutionLayer, x: Value): Value {
    const loaded = this.loaded.get(block === "" ? name : `${block}.${name}`);
    if (loaded === undefined) throw new Error(`The layer ${name} was not loaded.`);
    return this.ops.convolution(x, loaded.weights, { bias: loaded.bias, activation: RELU });
  }
}

function paddingOf({ kernel: [height, width], same }: ConvolutionLayer): [number, number, number, number] {
  const [tall, wide] = same ? [(height - 1) / 2, (width - 1) / 2] : [0, 0];
  return [tall, tall, wide, wide];
}

/** The convolution with the batch norm behind it: w · γ/√(σ² + ε), β − μ · γ/√(σ² + ε). */
async function folded(
  file: Pick<StateDictFile, "tensors">,
  name: NamedConvolution["name"],
): Promise<{ weight: Float32Array; bias: Float32Array }> {
  const read = async (part: string): Promise<ArrayLike<number>> => {
    const data = await file.tensors.get(`${name}.${part}`)?.read();
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      throw new CheckpointError(`${name}.${part} holds no floating-point numbers.`);
    }
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new CheckpointError(`${name}.${part} holds ${data[at]}. Get the file from its source again.`);
    return data;
  };
  const kernel = await read("conv.weight");
  const [gamma, beta] = [await read("bn.weight"), await read("bn.bias")];
  const [mean, variance] = [await read("bn.running_mean"), await read("bn.running_var")];
  const channels = gamma.length;
  const each = kernel.length / channels;
  const weight = new Float32Array(kernel.length);
  const bias = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const scale = (gamma[c] as number) / Math.sqrt((variance[c] as number) + BATCH_NORM_EPS);
    for (let k = c * each; k < (c + 1) * each; k++) weight[k] = (kernel[k] as number) * scale;
    bias[c] = (beta[c] as number) - (mean[c] as number) * scale;
  }
  return { weight, bias };
}
