import { basename } from "node:path";
import { withFile } from "../../src/checkpoints/node/fileSource.ts";
import { readTensorFile } from "../../src/data/formats/tensorFile.ts";
import { type FeatureSet, featureSet } from "../../src/metrics/fidelity/features.ts";
import { messageOf } from "../../src/study/errors.ts";
import { BadInput } from "../context.ts";

/** Features [N, d] of a .npy, .npz, .safetensors or .csv file: its tensor `features`, or its only matrix. */
export async function readFeatures(path: string): Promise<FeatureSet> {
  try {
    const { tensors } = await withFile(path, (source) => readTensorFile(basename(path), source));
    const matrices = [...tensors].filter(([, { shape }]) => shape.length === 2);
    const [only] = matrices.length === 1 ? matrices : matrices.filter(([name]) => name === "features");
    if (only === undefined) {
      const found = [...tensors].map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", ");
      throw new Error(`it has ${found}; features are one matrix [N, d], or the one named "features".`);
    }
    const [name, { shape, data }] = only;
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      throw new Error(`${name} [${shape.join(", ")}] holds no floating-point numbers.`);
    }
    return featureSet(narrowed(data), shape[1] as number);
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** float64 numbers that are all float32 numbers, as float32: nothing is lost, and products take a tenth of the time. */
function narrowed(data: Float32Array | Float64Array): Float32Array | Float64Array {
  if (data instanceof Float32Array) return data;
  return data.every((value) => Math.fround(value) === value) ? Float32Array.from(data) : data;
}

/** Images to compare, of either side. Throws BadInput unless both have as many or --count says how many. */
export function countOf(real: number, fake: number, count: number | undefined): number {
  const most = Math.min(real, fake);
  if (count === undefined) {
    if (real === fake) return real;
    throw new BadInput(
      `--real has ${real} images and --fake ${fake}: distances are of equal N only. Add --count ${most} to take the first ${most} of either.`,
    );
  }
  if (count > most) throw new BadInput(`--count ${count}: --real has ${real} images and --fake ${fake}.`);
  return count;
}
