import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import type { Stream } from "../../random/stream.ts";

/** Images to train a generator on. */
export interface RealImages {
  readonly count: number;
  readonly classes: number;
  readonly side: number;
  /** [count, 3, side, side] in [−1, 1] */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}

/** The train set of Shapes: the same 1,000 images that classifiers of a study are trained on. */
export async function shapesTrainImages(): Promise<RealImages> {
  const benchmark = shapesBenchmark();
  const { count, height, width, images, labels } = await benchmark.load("train");
  const area = height * width;
  const pixels = new Float32Array(count * 3 * area);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const to = (3 * i + c) * area;
      for (let p = 0; p < area; p++) pixels[to + p] = (images[(i * area + p) * 3 + c] as number) / 127.5 - 1;
    }
  }
  return { count, classes: benchmark.info.classNames.length, side: height, pixels, labels: Int32Array.from(labels) };
}

/** The elements of some images, in order. */
export function gather({ pixels, count }: RealImages, indices: ArrayLike<number>): Float32Array {
  const size = pixels.length / count;
  const out = new Float32Array(indices.length * size);
  for (let k = 0; k < indices.length; k++) {
    const from = (indices[k] as number) * size;
    out.set(pixels.subarray(from, from + size), k * size);
  }
  return out;
}

/**
 * Which images batch `step` holds: consecutive pieces of a permutation of every epoch, each of its own stream, so that
 * a resumed run goes on with the same batches.
 */
export function batchIndices(
  count: number,
  batch: number,
  step: number,
  epochStream: (epoch: number) => Stream,
): Uint32Array {
  const out = new Uint32Array(batch);
  let epoch = -1;
  let order = new Uint32Array(0);
  for (let k = 0; k < batch; k++) {
    const at = step * batch + k;
    if (Math.floor(at / count) !== epoch) {
      epoch = Math.floor(at / count);
      order = epochStream(epoch).permutation(count) as Uint32Array<ArrayBuffer>;
    }
    out[k] = order[at % count] as number;
  }
  return out;
}
