import type { ConvolutionForm, ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import { type Dense, type MappingWeights, unitMeanSquare } from "./mapping.ts";
import { DEFAULT_TAPS, type Taps, tapsOf } from "./resampling.ts";
import { type StyledLayer, type StyleGanSizes, styledLayers } from "./sizes.ts";
import type { BlockWeights, StyledWeights, SynthesisWeights } from "./synthesis.ts";

/** A generator's tensors by name, as float32. */
export interface StyleGanTensors {
  read(name: string): Promise<Float32Array>;
  /** null where there is none. */
  shape(name: string): readonly number[] | null;
}

export interface StyleGanOptions {
  /** Of the mapping's weights and biases at run time. */
  readonly learningRateMultiplier: number;
  readonly clamp: number | null;
}

export interface UploadedStyleGan {
  readonly mapping: MappingWeights;
  readonly synthesis: SynthesisWeights;
  dispose(): void;
}

const POINT: ConvolutionForm = { up: "none", stride: 1, padding: [0, 0, 0, 0] };
const SAME: ConvolutionForm = { up: "none", stride: 1, padding: [1, 1, 1, 1] };
const DOUBLE: ConvolutionForm = { up: "transposed", stride: 1, padding: [0, 0, 0, 0] };

/** Lays a generator's tensors out on a device, with the factors that StyleGAN2 applies at run time already in them. */
export async function uploadStyleGan(
  ops: ImageOps,
  sizes: StyleGanSizes,
  tensors: StyleGanTensors,
  options: StyleGanOptions,
): Promise<UploadedStyleGan> {
  const device = new Layouts(ops, tensors);
  const blocks: BlockWeights[] = [];
  for (const [b, { resolution, width }] of sizes.blocks.entries()) {
    const layers = new Map<StyledLayer["kind"], StyledWeights>();
    for (const layer of styledLayers(sizes, b)) layers.set(layer.kind, await device.styled(layer, sizes.wWidth));
    const conv1 = layers.get("conv1");
    if (!conv1) throw new Error("Every block has a conv1.");
    const prefix = `synthesis.b${resolution}`;
    const before = sizes.blocks[b - 1]?.width;
    blocks.push({
      resolution,
      width,
      conv1,
      conv0: layers.get("conv0") ?? null,
      torgb: layers.get("torgb") ?? null,
      taps: await device.taps(`${prefix}.resample_filter`),
      skip:
        sizes.output === "resnet" && before !== undefined
          ? {
              weights: await device.kernel(
                `${prefix}.skip.weight`,
                [width, before, 1, 1],
                POINT,
                1 / Math.sqrt(before),
              ),
              taps: await device.taps(`${prefix}.skip.resample_filter`),
            }
          : null,
    });
  }
  const mapping = await device.mapping(sizes, options.learningRateMultiplier);
  const constant = await tensors.read("synthesis.b4.const");
  return { mapping, synthesis: { constant, blocks, clamp: options.clamp }, dispose: () => device.dispose() };
}

/** Tensors on a device, and which of them are there. */
class Layouts {
  private readonly kernels: ConvolutionWeights[] = [];
  private readonly values: Value[] = [];

  constructor(
    private readonly ops: ImageOps,
    private readonly tensors: StyleGanTensors,
  ) {}

  async styled({ name, kind, cin, cout, kernel }: StyledLayer, wWidth: number): Promise<StyledWeights> {
    const layer = `synthesis.${name}`;
    const shape = [cout, cin, kernel, kernel] as const;
    const rgb = kind === "torgb";
    // torgb's styles stand in for the 1/√cin that the other layers' demodulation makes superfluous.
    const gain = rgb ? 1 / Math.sqrt(cin) : 1;
    const weight = await this.tensors.read(`${layer}.weight`);
    return {
      name,
      weights: this.keep(this.ops.convolutionWeights(weight, shape, rgb ? POINT : kind === "conv0" ? DOUBLE : SAME)),
      bias: await this.vector(`${layer}.bias`),
      style: await this.dense(`${layer}.affine`, cin, wWidth, gain / Math.sqrt(wWidth), gain),
      power: rgb ? null : this.keep(this.ops.convolutionWeights(powers(weight, kernel ** 2), [cout, cin, 1, 1], POINT)),
      taps: kind === "conv0" ? await this.taps(`${layer}.resample_filter`) : null,
    };
  }

  async mapping(sizes: StyleGanSizes, multiplier: number): Promise<MappingWeights> {
    const { zWidth, classes, embedWidth } = sizes;
    const layers: Dense[] = [];
    let input = zWidth + (embedWidth ?? 0);
    for (const [i, width] of sizes.mapping.entries()) {
      layers.push(await this.dense(`mapping.fc${i}`, width, input, multiplier / Math.sqrt(input), multiplier));
      input = width;
    }
    const embedded = classes !== null && embedWidth !== null ? await this.embedded(classes, embedWidth) : null;
    return { zWidth, classes, embedded, layers };
  }

  async kernel(
    name: string,
    shape: readonly [number, number, number, number],
    form: ConvolutionForm,
    gain: number,
  ): Promise<ConvolutionWeights> {
    const weight = (await this.tensors.read(name)).map((value) => value * gain);
    return this.keep(this.ops.convolutionWeights(weight, shape, form));
  }

  async taps(name: string): Promise<Taps> {
    const shape = this.tensors.shape(name);
    return shape ? tapsOf(name, await this.tensors.read(name), shape) : DEFAULT_TAPS;
  }

  dispose(): void {
    for (const kernel of this.kernels) this.ops.freeWeights(kernel);
    for (const value of this.values) this.ops.free(value);
  }

  /** Classes through `mapping.embed`, each with mean square 1: [classes, embedWidth]. */
  private async embedded(classes: number, embedWidth: number): Promise<Float32Array> {
    const weight = await this.tensors.read("mapping.embed.weight");
    const bias = await this.tensors.read("mapping.embed.bias");
    const rows = new Float32Array(classes * embedWidth);
    for (let label = 0; label < classes; label++) {
      const row = bias.map((shift, i) => shift + (weight[i * classes + label] as number) / Math.sqrt(classes));
      rows.set(unitMeanSquare(row), label * embedWidth);
    }
    return rows;
  }

  private async dense(name: string, outputs: number, inputs: number, gain: number, biasGain: number): Promise<Dense> {
    return {
      weights: await this.kernel(`${name}.weight`, [outputs, inputs, 1, 1], POINT, gain),
      bias: await this.vector(`${name}.bias`, biasGain),
    };
  }

  private async vector(name: string, gain = 1): Promise<Value> {
    const data = (await this.tensors.read(name)).map((value) => value * gain);
    const value = this.ops.upload(data, [1, data.length, 1, 1]);
    this.values.push(value);
    return value;
  }

  private keep(kernel: ConvolutionWeights): ConvolutionWeights {
    this.kernels.push(kernel);
    return kernel;
  }
}

/** Σ of squares over each kernel's `area` taps, [cout · cin]. */
function powers(weight: Float32Array, area: number): Float32Array {
  return Float32Array.from({ length: weight.length / area }, (_, i) => {
    let sum = 0;
    for (let k = i * area; k < (i + 1) * area; k++) sum += (weight[k] as number) ** 2;
    return sum;
  });
}
