import type { NetworkSpec } from "../engine/network.ts";

/** A convolution without bias followed by batch norm; padding keeps size / stride. */
export interface ConvBn {
  /** state_dict name of the convolution weight, without ".weight". */
  readonly conv: string;
  /** state_dict name of the batch norm, without ".weight" and so on. */
  readonly norm: string;
  readonly cin: number;
  readonly cout: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  /** Input height = width. */
  readonly size: number;
}

/** out = relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)); shortcut null = identity. */
export interface BasicBlock {
  readonly first: ConvBn;
  readonly second: ConvBn;
  readonly shortcut: ConvBn | null;
}

/** ResNet-18 for small images, layer by layer, as OpenOOD's `ResNet18_32x32`. */
export interface ResNet18 {
  readonly spec: NetworkSpec;
  readonly stem: ConvBn;
  readonly blocks: readonly BasicBlock[];
  /** Height = width of the last feature map, which is averaged. */
  readonly lastSize: number;
  readonly featureDim: number;
}

/**
 * The layers of OpenOOD's ResNet18_32x32 at any width: 3×3 stem without max-pool, four stages of two basic
 * blocks with 1, 2, 4, 8 × width channels and strides 1, 2, 2, 2, global average pool, linear head `fc`.
 */
export function resnet18(spec: NetworkSpec): ResNet18 {
  const { width, imageSize, classes } = spec;
  if (!Number.isInteger(width) || width < 8 || width % 8 !== 0) {
    throw new RangeError(`The width must be a multiple of 8 from 8 on, not ${width}.`);
  }
  if (!Number.isInteger(imageSize) || imageSize < 8 || imageSize % 8 !== 0) {
    throw new RangeError(`Images must be a multiple of 8 pixels high and wide, not ${imageSize}.`);
  }
  if (!Number.isInteger(classes) || classes < 2) {
    throw new RangeError(`A classifier needs at least 2 classes, not ${classes}.`);
  }
  const blocks: BasicBlock[] = [];
  let cin = width;
  let size = imageSize;
  for (let stage = 1; stage <= 4; stage++) {
    const cout = width * 2 ** (stage - 1);
    for (let block = 0; block < 2; block++) {
      const stride = stage > 1 && block === 0 ? 2 : 1;
      const name = `layer${stage}.${block}`;
      const out = size / stride;
      blocks.push({
        first: { conv: `${name}.conv1`, norm: `${name}.bn1`, cin, cout, kernel: 3, stride, size },
        second: { conv: `${name}.conv2`, norm: `${name}.bn2`, cin: cout, cout, kernel: 3, stride: 1, size: out },
        shortcut:
          stride === 2 || cin !== cout
            ? { conv: `${name}.shortcut.0`, norm: `${name}.shortcut.1`, cin, cout, kernel: 1, stride, size }
            : null,
      });
      cin = cout;
      size = out;
    }
  }
  return {
    spec,
    stem: { conv: "conv1", norm: "bn1", cin: 3, cout: width, kernel: 3, stride: 1, size: imageSize },
    blocks,
    lastSize: size,
    featureDim: cin,
  };
}

/** Every convolution + batch norm in state_dict order (conv1/bn1 before conv2/bn2 before the shortcut). */
export function convolutions(network: ResNet18): ConvBn[] {
  const layers = [network.stem];
  for (const block of network.blocks) {
    layers.push(block.first, block.second);
    if (block.shortcut) layers.push(block.shortcut);
  }
  return layers;
}

export type ParameterKind = "conv" | "gain" | "bias" | "running_mean" | "running_var" | "fc.weight" | "fc.bias";

/** One tensor of the state_dict. */
export interface StateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** false for running statistics. */
  readonly trained: boolean;
  /** Inputs per output unit; sets the scale of PyTorch's default initialisation. */
  readonly fanIn: number;
}

/** The state_dict layout: names and PyTorch shapes, in PyTorch's order (without `num_batches_tracked`). */
export function stateLayout(network: ResNet18): StateTensor[] {
  const tensors: StateTensor[] = [];
  for (const layer of convolutions(network)) {
    const { cin, cout, kernel } = layer;
    const fanIn = cin * kernel * kernel;
    tensors.push({
      name: `${layer.conv}.weight`,
      shape: [cout, cin, kernel, kernel],
      kind: "conv",
      trained: true,
      fanIn,
    });
    tensors.push({ name: `${layer.norm}.weight`, shape: [cout], kind: "gain", trained: true, fanIn: 1 });
    tensors.push({ name: `${layer.norm}.bias`, shape: [cout], kind: "bias", trained: true, fanIn: 1 });
    tensors.push({ name: `${layer.norm}.running_mean`, shape: [cout], kind: "running_mean", trained: false, fanIn: 1 });
    tensors.push({ name: `${layer.norm}.running_var`, shape: [cout], kind: "running_var", trained: false, fanIn: 1 });
  }
  const { featureDim, spec } = network;
  tensors.push({
    name: "fc.weight",
    shape: [spec.classes, featureDim],
    kind: "fc.weight",
    trained: true,
    fanIn: featureDim,
  });
  tensors.push({ name: "fc.bias", shape: [spec.classes], kind: "fc.bias", trained: true, fanIn: featureDim });
  return tensors;
}
