/**
 * Inception-v3 as FID uses it (Szegedy et al. 2016; the network of TensorFlow's 2015 release that pytorch-fid carries).
 * Beside torchvision's it has 1,008 classes, means that leave padding out, and a maximum in the last block's pool.
 * Every convolution is followed by batch norm and ReLU.
 */
export interface ConvolutionLayer {
  readonly kind: "convolution";
  readonly name: string;
  readonly channels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: 1 | 2;
  /** Zeros so that the size stays; else none. */
  readonly same: boolean;
}

export type Layer =
  | ConvolutionLayer
  | { readonly kind: "max" | "average"; readonly stride: 1 | 2 }
  /** Both of the same input, one's channels after the other's. */
  | { readonly kind: "fork"; readonly layers: readonly [ConvolutionLayer, ConvolutionLayer] };

/** Branches of one input, whose outputs' channels follow one another. */
export interface Block {
  readonly name: string;
  readonly branches: readonly (readonly Layer[])[];
}

/** Classes of the head, whose logits the Inception score takes; features need none. */
export const INCEPTION_CLASSES = 1008;
export const INCEPTION_SIZE = 299;
export const BATCH_NORM_EPS = 1e-3;

function convolution(
  name: string,
  channels: number,
  height: number,
  width = height,
  { stride = 1, same = stride === 1 }: { stride?: 1 | 2; same?: boolean } = {},
): ConvolutionLayer {
  return { kind: "convolution", name, channels, kernel: [height, width], stride, same };
}

/** 3 × 3: those of stride 1 keep the size, those of stride 2 have no padding. */
const average: Layer = { kind: "average", stride: 1 };
const shrink: Layer = { kind: "max", stride: 2 };

function stem(name: string, channels: number, size: number, options?: { stride?: 1 | 2; same?: boolean }): Block {
  return { name: "", branches: [[convolution(name, channels, size, size, options)]] };
}

function blockA(name: string, pool: number): Block {
  return {
    name,
    branches: [
      [convolution("branch1x1", 64, 1)],
      [convolution("branch5x5_1", 48, 1), convolution("branch5x5_2", 64, 5)],
      [
        convolution("branch3x3dbl_1", 64, 1),
        convolution("branch3x3dbl_2", 96, 3),
        convolution("branch3x3dbl_3", 96, 3),
      ],
      [average, convolution("branch_pool", pool, 1)],
    ],
  };
}

function blockC(name: string, inner: number): Block {
  return {
    name,
    branches: [
      [convolution("branch1x1", 192, 1)],
      [
        convolution("branch7x7_1", inner, 1),
        convolution("branch7x7_2", inner, 1, 7),
        convolution("branch7x7_3", 192, 7, 1),
      ],
      [
        convolution("branch7x7dbl_1", inner, 1),
        convolution("branch7x7dbl_2", inner, 7, 1),
        convolution("branch7x7dbl_3", inner, 1, 7),
        convolution("branch7x7dbl_4", inner, 7, 1),
        convolution("branch7x7dbl_5", 192, 1, 7),
      ],
      [average, convolution("branch_pool", 192, 1)],
    ],
  };
}

function blockE(name: string, pool: "average" | "max"): Block {
  const fork = (wide: string, tall: string): Layer => ({
    kind: "fork",
    layers: [convolution(wide, 384, 1, 3), convolution(tall, 384, 3, 1)],
  });
  return {
    name,
    branches: [
      [convolution("branch1x1", 320, 1)],
      [convolution("branch3x3_1", 384, 1), fork("branch3x3_2a", "branch3x3_2b")],
      [
        convolution("branch3x3dbl_1", 448, 1),
        convolution("branch3x3dbl_2", 384, 3),
        fork("branch3x3dbl_3a", "branch3x3dbl_3b"),
      ],
      [{ kind: pool, stride: 1 }, convolution("branch_pool", 192, 1)],
    ],
  };
}

const down = { stride: 2 } as const;

/** In order; a nameless block's layers have names of their own. */
export const inceptionBlocks: readonly Block[] = [
  stem("Conv2d_1a_3x3", 32, 3, down),
  stem("Conv2d_2a_3x3", 32, 3, { same: false }),
  stem("Conv2d_2b_3x3", 64, 3),
  { name: "", branches: [[shrink]] },
  stem("Conv2d_3b_1x1", 80, 1),
  stem("Conv2d_4a_3x3", 192, 3, { same: false }),
  { name: "", branches: [[shrink]] },
  blockA("Mixed_5b", 32),
  blockA("Mixed_5c", 64),
  blockA("Mixed_5d", 64),
  {
    name: "Mixed_6a",
    branches: [
      [convolution("branch3x3", 384, 3, 3, down)],
      [
        convolution("branch3x3dbl_1", 64, 1),
        convolution("branch3x3dbl_2", 96, 3),
        convolution("branch3x3dbl_3", 96, 3, 3, down),
      ],
      [shrink],
    ],
  },
  blockC("Mixed_6b", 128),
  blockC("Mixed_6c", 160),
  blockC("Mixed_6d", 160),
  blockC("Mixed_6e", 192),
  {
    name: "Mixed_7a",
    branches: [
      [convolution("branch3x3_1", 192, 1), convolution("branch3x3_2", 320, 3, 3, down)],
      [
        convolution("branch7x7x3_1", 192, 1),
        convolution("branch7x7x3_2", 192, 1, 7),
        convolution("branch7x7x3_3", 192, 7, 1),
        convolution("branch7x7x3_4", 192, 3, 3, down),
      ],
      [shrink],
    ],
  },
  blockE("Mixed_7b", "average"),
  blockE("Mixed_7c", "max"),
];
