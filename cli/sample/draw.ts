import type { GeneratorNetwork, SampleInput } from "../../src/generators/architectures/architecture.ts";
import { seededInput } from "../../src/generators/uploaded/draw.ts";
import { WorkbenchError } from "../../src/study/errors.ts";
import { BadInput } from "../context.ts";
import type { GivenLatents } from "./latents.ts";

/** What `sio sample` writes. */
export interface Drawn {
  readonly count: number;
  readonly resolution: number;
  /** [count][3][r][r] before clamping. */
  readonly images: Float32Array;
  /** Likewise, as the family rounds them. */
  readonly u8: Uint8Array;
  /** null for an unconditional generator. */
  readonly labels: Int32Array | null;
  /** [steps][count][3][r][r], where asked for. */
  readonly trajectory: Float32Array | null;
}

export interface DrawJob {
  readonly network: GeneratorNetwork;
  readonly count: number;
  readonly labels: Int32Array | null;
  readonly seed: number;
  readonly given: GivenLatents | null;
  /** All images in one batch: its statistics are part of each of them. */
  readonly together: boolean;
  /** Steps of the trajectory to keep; 0 = none. */
  readonly steps: number;
  readonly onProgress: (done: number) => void;
  /** Between batches and diffusion steps; rejects to stop. */
  readonly breathe: () => Promise<void>;
}

export async function draw(job: DrawJob): Promise<Drawn> {
  const { network, count, labels, steps } = job;
  const { resolution } = network.description;
  const size = 3 * resolution * resolution;
  const images = new Float32Array(count * size);
  const u8 = new Uint8Array(count * size);
  const trajectory = steps > 0 ? new Float32Array(steps * count * size) : null;
  const batch = job.together ? count : network.batch;
  for (let first = 0; first < count; first += batch) {
    const rows = Math.min(batch, count - first);
    const made = await network.sample({
      ...inputOf(job, first, rows),
      onStep: async (step, x) => {
        trajectory?.set(x, (step * count + first) * size);
        await job.breathe();
      },
    });
    images.set(made, first * size);
    u8.set(network.quantise(made), first * size);
    job.onProgress(first + rows);
    await job.breathe();
  }
  return { count, resolution, images, u8, labels, trajectory };
}

function inputOf({ network, labels, seed, given }: DrawJob, first: number, rows: number): SampleInput {
  const { latentSize } = network.description;
  const indices = Array.from({ length: rows }, (_, k) => first + k);
  const drawn = seededInput(seed, indices, latentSize, labels?.slice(first, first + rows) ?? null);
  if (given === null) return drawn;
  return {
    ...drawn,
    latents: given.latents.slice(first * latentSize, (first + rows) * latentSize),
    normals: (name, perImage) => given.normals(name, perImage, first, rows) ?? drawn.normals(name, perImage),
  };
}

/** Labels for the images: given ones over and over, else class i mod classes. @throws BadInput */
export function labelsFor(
  count: number,
  classes: number | null,
  given: readonly number[] | Int32Array | null,
): Int32Array | null {
  if (classes === null) {
    if (given !== null) throw new BadInput("The generator has no classes: leave the labels out.");
    return null;
  }
  return Int32Array.from({ length: count }, (_, i) => {
    const label = given === null ? i % classes : (given[i % given.length] as number);
    if (Number.isInteger(label) && label >= 0 && label < classes) return label;
    throw new BadInput(`The generator has classes 0 to ${classes - 1}, not ${label}.`);
  });
}

/** Rejects where the network made NaN: that is a broken file, not an image. */
export function assertFinite({ images, resolution }: Drawn): void {
  const odd = images.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return;
  const image = Math.floor(odd / (3 * resolution * resolution));
  throw new WorkbenchError(
    "not-finite",
    `Image ${image} holds ${images[odd]}: the weights are damaged, or a setting does not suit them.`,
  );
}
