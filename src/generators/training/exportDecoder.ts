import type { ImageOps, Value } from "../../engine/ops/imageOps.ts";
import { Stream } from "../../random/stream.ts";
import { type DecoderSizes, latentSize, uploadDecoder } from "./decoder.ts";
import { dataOf, type Parameter, type Parameters } from "./parameters.ts";

const BATCHES = 20;
const BATCH = 100;

/** The decoder's tensors in StudioGAN's layout; the encoder's stay behind. */
export async function studioGanTensors(
  ops: ImageOps,
  sizes: DecoderSizes,
  averaged: Parameters,
  seed: number,
): Promise<Parameters> {
  const tensors = new Map<string, Parameter>();
  for (const [name, tensor] of averaged) if (!name.startsWith("encoder.")) tensors.set(name, tensor);
  const { shared, classes } = sizes;
  const table = dataOf(averaged, "shared.weight");
  const data = Float32Array.from({ length: table.length }, (_, at) => {
    return table[(at % shared) * classes + Math.floor(at / shared)] as number;
  });
  tensors.set("shared.weight", { shape: [classes, shared], data });
  for (const [name, statistics] of await standingStatistics(ops, sizes, averaged, seed)) tensors.set(name, statistics);
  return tensors;
}

/** Of the norms over 2,000 drawn images, all classes alike: what batch norm uses in evaluation. */
async function standingStatistics(
  ops: ImageOps,
  sizes: DecoderSizes,
  averaged: Parameters,
  seed: number,
): Promise<Map<string, Parameter>> {
  let names: string[] = [];
  let values: Value[] = [];
  const decoder = uploadDecoder(ops, sizes, averaged, (name, { mean, variance }) => {
    names.push(name);
    values.push(mean, variance);
  });
  const sums = new Map<string, { means: Float64Array; squares: Float64Array }>();
  for (let k = 0; k < BATCHES; k++) {
    const stream = new Stream(seed, "standing statistics", k);
    const z = Float32Array.from({ length: BATCH * latentSize(sizes) }, () => stream.normal());
    const labels = oneHot(
      Array.from({ length: BATCH }, (_, i) => i % sizes.classes),
      sizes.classes,
    );
    const moments = ops.scope(() => {
      names = [];
      values = [];
      const given = ops.upload(labels, [BATCH, sizes.classes, 1, 1]);
      decoder.decode(ops.upload(z, [BATCH, latentSize(sizes), 1, 1]), given);
      return values;
    });
    const arrays = await Promise.all(moments.map((value) => ops.read(value)));
    for (const value of moments) ops.free(value);
    names.forEach((name, i) => {
      const [mean, variance] = [arrays[2 * i] as Float32Array, arrays[2 * i + 1] as Float32Array];
      const sum = sums.get(name) ?? { means: new Float64Array(mean.length), squares: new Float64Array(mean.length) };
      sums.set(name, sum);
      mean.forEach((m, c) => {
        sum.means[c] = (sum.means[c] as number) + m / BATCHES;
        sum.squares[c] = (sum.squares[c] as number) + (m * m + (variance[c] as number)) / BATCHES;
      });
    });
  }
  decoder.dispose();
  const tensors = new Map<string, Parameter>();
  for (const [name, { means, squares }] of sums) {
    const prefix = name === "bn4" ? name : `${name}.bn`;
    const variances = squares.map((square, c) => square - (means[c] as number) ** 2);
    tensors.set(`${prefix}.running_mean`, { shape: [means.length], data: Float32Array.from(means) });
    tensors.set(`${prefix}.running_var`, { shape: [means.length], data: Float32Array.from(variances) });
  }
  return tensors;
}

/** [labels, classes] */
export function oneHot(labels: readonly number[], classes: number): Float32Array {
  const out = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    out[i * classes + label] = 1;
  });
  return out;
}
