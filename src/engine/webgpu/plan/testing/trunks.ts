import type { Architecture } from "../../../../networks/architecture.ts";
import { type MapId, type Trunk, TrunkBuilder, type Window } from "../../../../networks/trunk.ts";

const window = (kernel: number, stride: number, padding: number): Window => ({ kernel, stride, padding });

/** The beginning of an ImageNet network on an odd, non-square picture: 7×7 stride 2, max pool, 1×1, 5×5. */
function strided(): Trunk {
  const b = new TrunkBuilder(17, 13);
  const normed = (name: string, x: MapId, channels: number, w: Window) =>
    b.relu(b.batchNorm(`${name}.bn`, b.convolution(`${name}.conv`, x, channels, w)));
  const stem = b.maxPool(normed("stem", b.input, 8, window(7, 2, 3)), window(3, 2, 1));
  const narrow = normed("narrow", stem, 12, window(1, 1, 0));
  const wide = b.batchNorm("wide.bn", b.convolution("wide.conv", narrow, 8, window(5, 1, 2)));
  return b.build(b.relu(b.add(wide, stem)));
}

/** Concatenations whose pieces leave dead lanes (6 channels), norms of views, a transition with an average pool. */
function dense(): Trunk {
  const b = new TrunkBuilder(8, 10);
  const grow = (name: string, x: MapId) =>
    b.concat(x, b.convolution(`${name}.conv`, b.relu(b.batchNorm(`${name}.bn`, x)), 6, window(3, 1, 1)));
  const stem = b.convolution("stem", b.input, 6, window(3, 1, 1));
  const first = grow("second", grow("first", stem));
  const narrow = b.convolution("transition.conv", b.relu(b.batchNorm("transition.bn", first)), 10, window(1, 1, 0));
  const last = grow("third", b.averagePool(narrow, window(2, 2, 0)));
  return b.build(b.relu(b.batchNorm("last.bn", last)));
}

/** One convolution; the features are a plain map, with no norm behind it. */
function bare(): Trunk {
  const b = new TrunkBuilder(5, 4);
  return b.build(b.relu(b.batchNorm("bn", b.convolution("conv", b.input, 5, window(3, 2, 1)))));
}

/** Networks that between them have every kind of step, at sizes that a software GPU computes in a moment. */
export const testArchitectures: Readonly<Record<string, () => Architecture>> = {
  strided: () => ({ trunk: strided(), classes: 3 }),
  dense: () => ({ trunk: dense(), classes: 5 }),
  bare: () => ({ trunk: bare(), classes: 2 }),
};
