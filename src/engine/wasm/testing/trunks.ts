import { denseNetTrunk } from "../../../networks/densenet.ts";
import { resnet18LargeTrunk } from "../../../networks/resnet.ts";
import { type MapId, type Trunk, TrunkBuilder, type Window } from "../../../networks/trunk.ts";

/** A trunk to hold against the oracle, and on how many images. */
export interface TrunkCase {
  readonly what: string;
  readonly n: number;
  readonly trunk: Trunk;
  /** Values that the images' numbers are rounded to multiples of; unset = not rounded. Large steps make maxima tie. */
  readonly step?: number;
}

function window(kernel: number, stride: number, padding: number): Window {
  return { kernel, stride, padding };
}

const point = window(1, 1, 0);

function small(
  what: string,
  [height, width]: readonly [number, number],
  n: number,
  build: (builder: TrunkBuilder, images: MapId) => MapId,
): TrunkCase {
  const builder = new TrunkBuilder(height, width);
  return { what, n, trunk: builder.build(build(builder, builder.input)) };
}

/** Stem, norm and ReLU; then a convolution of the given window with a norm. */
function convolution(what: string, sides: readonly [number, number], n: number, tested: Window): TrunkCase {
  return small(what, sides, n, (b, images) => {
    const x = b.relu(b.batchNorm("bn1", b.convolution("conv1", images, 12, point)));
    return b.relu(b.batchNorm("bn2", b.convolution("conv2", x, 20, tested)));
  });
}

/** Every layer, window and fusion in small, and the networks that the 32-pixel ResNet-18 does not cover. */
export const TRUNKS: readonly TrunkCase[] = [
  convolution("3×3 on 5×7", [5, 7], 3, window(3, 1, 1)),
  convolution("3×3 without padding", [6, 9], 2, window(3, 1, 0)),
  convolution("3×3 stride 2 on odd sides", [5, 7], 3, window(3, 2, 1)),
  convolution("3×3 stride 2 on even sides", [6, 8], 17, window(3, 2, 1)),
  convolution("1×1 stride 2 on odd sides", [7, 5], 2, window(1, 2, 0)),
  convolution("1×1 stride 2 with rows left over", [8, 6], 2, window(1, 2, 0)),
  convolution("5×5 stride 3", [11, 8], 2, window(5, 3, 2)),
  convolution("2×2 stride 2 padding 1", [6, 7], 2, window(2, 2, 1)),
  convolution("2×2 stride 3 leaves gaps", [8, 9], 2, window(2, 3, 0)),
  convolution("7×7 wider than the map", [3, 4], 4, window(7, 1, 3)),
  convolution("batch of one", [5, 6], 1, window(3, 1, 1)),
  small("Winograd with chunks of many tiles", [24, 28], 33, (b, images) => {
    const x = b.relu(b.batchNorm("bn1", b.convolution("conv1", images, 8, point)));
    return b.convolution("conv2", x, 8, window(3, 1, 1));
  }),
  small("Winograd with many channels and few tiles", [4, 3], 19, (b, images) => {
    const x = b.relu(b.batchNorm("bn1", b.convolution("conv1", images, 80, point)));
    return b.relu(b.batchNorm("bn2", b.convolution("conv2", x, 72, window(3, 1, 1))));
  }),
  small("7×7 stride 2 on images", [13, 9], 2, (b, images) => {
    return b.relu(b.batchNorm("bn", b.convolution("conv", images, 8, window(7, 2, 3))));
  }),
  small("two windows on the images", [7, 7], 2, (b, images) => {
    return b.add(b.convolution("a", images, 9, window(5, 1, 2)), b.convolution("b", images, 9, point));
  }),
  small("convolution after convolution, without norms", [6, 5], 3, (b, images) => {
    const x = b.convolution("a", images, 10, window(3, 1, 1));
    return b.convolution("c", b.relu(b.convolution("b", x, 7, window(3, 2, 1))), 8, window(3, 1, 1));
  }),
  small("maximum of overlapping windows", [9, 12], 2, (b, images) => {
    const x = b.relu(b.batchNorm("bn", b.convolution("conv", images, 11, window(3, 1, 1))));
    return b.convolution("last", b.maxPool(x, window(3, 2, 1)), 8, window(3, 1, 1));
  }),
  small("averages, with padding and without", [9, 8], 2, (b, images) => {
    const x = b.averagePool(b.convolution("conv", images, 9, window(3, 1, 1)), window(3, 2, 1));
    return b.averagePool(b.relu(b.batchNorm("bn", x)), window(2, 2, 0));
  }),
  small("concatenation of 10 + 4 + 4 channels", [5, 6], 3, (b, images) => {
    let x = b.convolution("stem", images, 10, window(3, 1, 1));
    for (const name of ["a", "b"]) {
      const inner = b.convolution(name, b.relu(b.batchNorm(`bn.${name}`, x)), 4, window(3, 1, 1));
      x = b.concat(x, inner);
    }
    return b.convolution("last", x, 6, window(3, 1, 1));
  }),
  small("residual in a concatenation", [6, 6], 3, (b, images) => {
    const x = b.relu(b.batchNorm("bn1", b.convolution("a", images, 8, window(3, 1, 1))));
    const sum = b.relu(b.add(x, b.batchNorm("bn2", b.convolution("b", x, 8, window(3, 1, 1)))));
    return b.convolution("last", b.concat(b.convolution("c", sum, 5, window(3, 1, 1)), sum), 9, window(3, 1, 1));
  }),
  small("residual straight from a convolution", [6, 7], 3, (b, images) => {
    const stem = b.convolution("stem", images, 8, window(3, 1, 1));
    const x = b.convolution("a", stem, 8, window(5, 1, 2));
    const sum = b.relu(b.add(b.batchNorm("bn", b.convolution("b", x, 8, window(3, 1, 1))), x));
    return b.relu(b.batchNorm("bn2", b.convolution("last", sum, 16, window(3, 1, 1))));
  }),
  small("sums with a norm on both sides, one and none", [5, 5], 3, (b, images) => {
    const a = b.batchNorm("bn1", b.convolution("a", images, 9, window(3, 1, 1)));
    const c = b.batchNorm("bn2", b.convolution("b", images, 9, point));
    const both = b.add(a, c);
    const one = b.relu(b.add(both, b.batchNorm("bn3", b.convolution("c", both, 9, window(3, 1, 1)))));
    return b.add(b.relu(both), one);
  }),
  small("norm read twice", [4, 6], 4, (b, images) => {
    const normed = b.batchNorm("bn", b.convolution("a", images, 8, window(3, 1, 1)));
    return b.add(b.relu(normed), normed);
  }),
  {
    ...small("maxima that tie: the first takes the gradient", [7, 8], 3, (b, images) => {
      const x = b.convolution("a", images, 8, point);
      return b.convolution("last", b.maxPool(x, window(3, 2, 1)), 8, window(3, 1, 1));
    }),
    step: 1,
  },
  small("pools beside other readers of their map", [9, 8], 3, (b, images) => {
    const x = b.relu(b.batchNorm("bn", b.convolution("conv", images, 9, window(3, 1, 1))));
    const joined = b.concat(b.maxPool(x, window(3, 1, 1)), b.averagePool(x, window(3, 1, 1)), b.relu(x));
    return b.convolution("last", joined, 8, window(3, 2, 1));
  }),
  small("a map added to itself", [5, 6], 3, (b, images) => {
    const x = b.convolution("a", images, 9, window(3, 1, 1));
    const twice = b.relu(b.add(x, x));
    return b.add(b.batchNorm("bn1", twice), b.batchNorm("bn2", twice));
  }),
  { what: "DenseNet", n: 3, trunk: denseNetTrunk({ depth: 16, growth: 4, imageSize: 12 }) },
  { what: "ResNet-18 with the 224-pixel stem", n: 3, trunk: resnet18LargeTrunk(8, 64) },
];
