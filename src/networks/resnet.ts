import { type MapId, type Trunk, TrunkBuilder, type Window } from "./trunk.ts";

const KERNEL_3: Window = { kernel: 3, stride: 1, padding: 1 };

/** Where the first stage begins: how the images become its input. */
type Stem = (builder: TrunkBuilder, width: number) => MapId;

const stem32: Stem = (builder, width) =>
  builder.relu(convNorm(builder, "conv1", "bn1", builder.input, width, KERNEL_3));

const stem224: Stem = (builder, width) => {
  const x = convNorm(builder, "conv1", "bn1", builder.input, width, { kernel: 7, stride: 2, padding: 3 });
  return builder.maxPool(builder.relu(x), { kernel: 3, stride: 2, padding: 1 });
};

/**
 * The trunk of OpenOOD's ResNet18_32x32 at any width: 3×3 stem without max-pool, four stages of two basic blocks
 * with 1, 2, 4, 8 × width channels and strides 1, 2, 2, 2.
 */
export function resnet18Trunk(width: number, imageSize: number): Trunk {
  if (!Number.isInteger(width) || width < 8 || width % 8 !== 0) {
    throw new RangeError(`The width must be a multiple of 8 from 8 on, not ${width}.`);
  }
  if (!Number.isInteger(imageSize) || imageSize < 8 || imageSize % 8 !== 0) {
    throw new RangeError(`Images must be a multiple of 8 pixels high and wide, not ${imageSize}.`);
  }
  return stages(width, imageSize, stem32, "shortcut");
}

/** The trunk of torchvision's ResNet-18: 7×7 stem of stride 2, max-pool, the same four stages. */
export function resnet18LargeTrunk(width: number, imageSize: number): Trunk {
  return stages(width, imageSize, stem224, "downsample");
}

function stages(width: number, imageSize: number, stem: Stem, shortcut: string): Trunk {
  const builder = new TrunkBuilder(imageSize, imageSize);
  let x = stem(builder, width);
  let cin = width;
  for (let stage = 1; stage <= 4; stage++) {
    const cout = width * 2 ** (stage - 1);
    for (let block = 0; block < 2; block++) {
      const stride = stage > 1 && block === 0 ? 2 : 1;
      const name = `layer${stage}.${block}`;
      const inner = builder.relu(convNorm(builder, `${name}.conv1`, `${name}.bn1`, x, cout, { ...KERNEL_3, stride }));
      const residual = convNorm(builder, `${name}.conv2`, `${name}.bn2`, inner, cout, KERNEL_3);
      const projected = stride === 2 || cin !== cout;
      const side = projected
        ? convNorm(builder, `${name}.${shortcut}.0`, `${name}.${shortcut}.1`, x, cout, {
            kernel: 1,
            stride,
            padding: 0,
          })
        : x;
      x = builder.relu(builder.add(residual, side));
      cin = cout;
    }
  }
  return builder.build(x);
}

function convNorm(
  builder: TrunkBuilder,
  conv: string,
  norm: string,
  x: MapId,
  channels: number,
  window: Window,
): MapId {
  return builder.batchNorm(norm, builder.convolution(conv, x, channels, window));
}
