import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Activations, FitInput } from "../../src/detection/detector.ts";
import type { DenseKernels } from "../../src/engine/dense/kernels.ts";
import { predictions } from "../../src/metrics/accuracy.ts";
import { Stream } from "../../src/random/stream.ts";

/** Everything that detectors are measured on. */
export interface DetectorData {
  readonly input: FitInput;
  readonly test: Activations;
}

/** Directions along which features vary, by falling weight. */
const DIRECTIONS = 32;
const NOISE = 1 << 20;

/**
 * Features as a network's: not negative, half of them 0, correlated, with a mean of their own for each class. Of the
 * test images one in six is of a class; the others have means that the head does not know.
 */
export async function detectorData(
  rows: number,
  dim: number,
  classes: number,
  kernels: DenseKernels,
): Promise<DetectorData> {
  const means = normals("means", classes * dim);
  const strange = normals("strange", classes * dim);
  const head = {
    weight: means.map((value, at) => 0.02 * value + 0.005 * (strange[at] as number)),
    bias: normals("bias", classes),
  };
  const directions = normals("directions", DIRECTIONS * dim).map((value, at) => value / (1 + Math.floor(at / dim)));
  const noise = normals("noise", NOISE);
  const split = async (name: string, count: number, unknown: boolean): Promise<Activations> => {
    const stream = new Stream(1, `bench/${name}`);
    const features = new Float32Array(count * dim);
    const own = new Float32Array(dim);
    for (let i = 0; i < count; i++) {
      const k = stream.int(classes);
      const from = unknown && i % 6 > 0 ? strange : means;
      for (let c = 0; c < dim; c++) own[c] = 0.7 * (from[k * dim + c] as number);
      for (let z = 0; z < DIRECTIONS; z++) {
        const along = stream.normal();
        for (let c = 0; c < dim; c++) own[c] = (own[c] as number) + along * (directions[z * dim + c] as number);
      }
      const at = stream.int(NOISE - dim);
      for (let c = 0; c < dim; c++) {
        features[i * dim + c] = Math.max(0, (own[c] as number) + 0.3 * (noise[at + c] as number));
      }
    }
    const logits = await kernels.headLogits(features, dim, head, Number.POSITIVE_INFINITY);
    return { count, features, logits, labels: Int32Array.from(predictions(logits, classes)) };
  };
  const train = await split("train", rows, false);
  const val = await split("val", 1000, false);
  const test = await split("test", Math.round(1.2 * rows), true);
  return { input: { featureDim: dim, classes, head, train, val }, test };
}

/** Writes the numbers for a peer to read, into a folder that goes with this process. */
export function writeDetectorData({ input, test }: DetectorData): string {
  const folder = mkdtempSync(join(tmpdir(), "sio-bench-score-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const [name, split] of Object.entries({ train: input.train, val: input.val, test })) {
    for (const kind of ["features", "logits", "labels"] as const)
      writeFileSync(join(folder, `${name}.${kind}`), split[kind]);
  }
  writeFileSync(join(folder, "weight"), input.head.weight);
  writeFileSync(join(folder, "bias"), input.head.bias);
  return folder;
}

function normals(purpose: string, length: number): Float32Array {
  const stream = new Stream(1, `bench/${purpose}`);
  return Float32Array.from({ length }, () => stream.normal());
}
