import { readFile } from "node:fs/promises";
import { readSafetensors, type SafetensorsTensor } from "../../src/checkpoints/safetensors.ts";
import { messageOf } from "../../src/study/errors.ts";
import type { GeneratorDescription } from "../../src/study/generatorRecord.ts";
import { BadInput } from "../context.ts";

/** Latents that were given rather than drawn. */
export interface GivenLatents {
  readonly count: number;
  /** [count, latentSize] */
  readonly latents: Float32Array;
  readonly labels: Int32Array | null;
  /** Height of x_T; null for z. */
  readonly side: number | null;
  /** Rows first … first + count − 1 of the normals called `name`; null where the file has none. */
  normals(name: string, perImage: number, first: number, count: number): Float32Array | null;
}

/** Reads `z` or `x_T` with what may come with them. @throws BadInput that names file, tensor and shapes */
export async function readLatents(path: string): Promise<GivenLatents> {
  const tensors = await readTensors(path);
  const given = ["z", "x_T"].filter((name) => tensors.has(name));
  const [name, ...more] = given;
  if (name === undefined || more.length > 0) {
    throw new BadInput(
      `${path}: latents are one tensor, "z" or "x_T"; it has ${[...tensors.keys()].join(", ") || "none"}.`,
    );
  }
  const { shape } = tensors.get(name) as SafetensorsTensor;
  const [count = 0] = shape;
  const wrong = name === "z" ? shape.length !== 2 : shape.length !== 4 || shape[1] !== 3 || shape[2] !== shape[3];
  if (wrong || count < 1) {
    throw new BadInput(
      `${path}: "${name}" is [${shape.join(", ")}], expected ${name === "z" ? "[N, z]" : "[N, 3, H, H]"}.`,
    );
  }
  const latents = floats(path, tensors, name);
  return {
    count,
    latents,
    labels: readLabels(path, tensors, count),
    side: name === "z" ? null : (shape[2] ?? 0),
    normals: (wanted, perImage, first, rows) => normalsIn(path, tensors, { wanted, perImage, first, rows, count }),
  };
}

/** @throws BadInput where the latents are not as large as the network's */
export function checkLatents(path: string, given: GivenLatents, description: GeneratorDescription): void {
  const perImage = given.latents.length / given.count;
  if (perImage === description.latentSize) return;
  throw new BadInput(
    `${path}: ${perImage} numbers an image, and ${description.title} takes ${description.latentSize}.`,
  );
}

interface Rows {
  readonly wanted: string;
  readonly perImage: number;
  readonly first: number;
  readonly rows: number;
  readonly count: number;
}

/** "step/K" out of `noises` [steps, N, 3, H, W]; others out of `noise/NAME` [N, 1, H, W]. */
function normalsIn(path: string, tensors: ReadonlyMap<string, SafetensorsTensor>, request: Rows): Float32Array | null {
  const { wanted, perImage, first, rows, count } = request;
  const step = /^step\/(\d+)$/.exec(wanted)?.[1];
  const name = step === undefined ? `noise/${wanted}` : "noises";
  if (!tensors.has(name)) return null;
  const data = floats(path, tensors, name);
  const offset = step === undefined ? 0 : Number(step) * count * perImage;
  const enough = step === undefined ? data.length === count * perImage : data.length >= offset + count * perImage;
  if (!enough) {
    const { shape } = tensors.get(name) as SafetensorsTensor;
    throw new BadInput(
      `${path}: "${name}" is [${shape.join(", ")}]; ${step === undefined ? "" : `for step ${Number(step) + 1} `}${count} images of ${perImage} numbers are needed.`,
    );
  }
  return data.slice(offset + first * perImage, offset + (first + rows) * perImage);
}

async function readTensors(path: string): Promise<ReadonlyMap<string, SafetensorsTensor>> {
  try {
    return readSafetensors(new Uint8Array(await readFile(path))).tensors;
  } catch (error) {
    throw new BadInput(`--latents ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function floats(path: string, tensors: ReadonlyMap<string, SafetensorsTensor>, name: string): Float32Array {
  const data = tensors.get(name)?.data;
  const values = data instanceof Float32Array ? data : data instanceof Float64Array ? Float32Array.from(data) : null;
  if (values === null) throw new BadInput(`${path}: "${name}" must be float32.`);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) throw new BadInput(`${path}: "${name}" holds ${values[odd]} at element ${odd}.`);
  return values;
}

function readLabels(path: string, tensors: ReadonlyMap<string, SafetensorsTensor>, count: number): Int32Array | null {
  const tensor = tensors.get("labels");
  if (tensor === undefined) return null;
  const { data, shape, dtype } = tensor;
  if (shape.length !== 1 || shape[0] !== count || data instanceof Float32Array || data instanceof Float64Array) {
    throw new BadInput(`${path}: "labels" is ${dtype} [${shape.join(", ")}], expected integers [${count}].`);
  }
  return Int32Array.from(data as ArrayLike<number | bigint>, Number);
}
