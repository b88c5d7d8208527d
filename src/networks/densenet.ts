import { type MapId, type Trunk, TrunkBuilder } from "./trunk.ts";

/** Everything that fixes the tensors of a DenseNet-BC trunk. */
export interface DenseNetShape {
  /** 6 × (bottleneck layers per block) + 4. */
  readonly depth: number;
  /** Channels that each layer adds. */
  readonly growth: number;
  readonly imageSize: number;
}

/**
 * The trunk of DenseNet-BC as OpenOOD's DenseNet3: a stem of 2 × growth channels, three blocks of bottleneck layers
 * (1×1 to 4 × growth, 3×3 to growth), transitions that halve the channels and the size.
 */
export function denseNetTrunk({ depth, growth, imageSize }: DenseNetShape): Trunk {
  const layers = (depth - 4) / 6;
  if (!Number.isInteger(layers) || layers < 1) {
    throw new RangeError(`The depth of a DenseNet-BC is 6 n + 4, not ${depth}.`);
  }
  const builder = new TrunkBuilder(imageSize, imageSize);
  const normRelu = (name: string, x: MapId) => builder.relu(builder.batchNorm(name, x));
  let x = builder.convolution("conv1", builder.input, 2 * growth, { kernel: 3, stride: 1, padding: 1 });
  let channels = 2 * growth;
  for (let block = 1; block <= 3; block++) {
    for (let layer = 0; layer < layers; layer++) {
      const name = `block${block}.layer.${layer}`;
      const inner = builder.convolution(`${name}.conv1`, normRelu(`${name}.bn1`, x), 4 * growth, point);
      const grown = builder.convolution(`${name}.conv2`, normRelu(`${name}.bn2`, inner), growth, {
        kernel: 3,
        stride: 1,
        padding: 1,
      });
      x = builder.concat(x, grown);
      channels += growth;
    }
    if (block === 3) break;
    channels = Math.floor(channels / 2);
    const reduced = builder.convolution(`trans${block}.conv1`, normRelu(`trans${block}.bn1`, x), channels, point);
    x = builder.averagePool(reduced, { kernel: 2, stride: 2, padding: 0 });
  }
  return builder.build(normRelu("bn1", x));
}

const point = { kernel: 1, stride: 1, padding: 0 };
