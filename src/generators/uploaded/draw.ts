import { Stream } from "../../random/stream.ts";
import type { GeneratorNetwork, SampleInput } from "../architectures/architecture.ts";

/**
 * Draws of a seed: latent i is stream "latent" of (seed, i), and further noise of image i a stream of its own, so that
 * an image is the same in whatever batch it is made.
 *
 * @param indices numbers of the images, one row each
 */
export function seededInput(
  seed: number,
  indices: readonly number[],
  latentSize: number,
  labels: Int32Array | null,
): SampleInput {
  return {
    count: indices.length,
    latents: normalRows(seed, "latent", indices, latentSize),
    labels,
    normals: (name, perImage) => normalRows(seed, `noise/${name}`, indices, perImage),
  };
}

function normalRows(seed: number, purpose: string, indices: readonly number[], perImage: number): Float32Array {
  const rows = new Float32Array(indices.length * perImage);
  indices.forEach((index, k) => {
    const stream = new Stream(seed, purpose, index);
    for (let j = 0; j < perImage; j++) rows[k * perImage + j] = stream.normal();
  });
  return rows;
}

/** Images as the family rounds them, uint8 [count][r][r][3], drawn in batches that suit the device. */
export async function drawBytes(
  network: GeneratorNetwork,
  seed: number,
  indices: readonly number[],
  labels: Int32Array | null,
  breathe: () => Promise<void> = async () => {},
): Promise<Uint8Array> {
  const { resolution, latentSize } = network.description;
  const size = 3 * resolution * resolution;
  const bytes = new Uint8Array(indices.length * size);
  for (let at = 0; at < indices.length; at += network.batch) {
    const part = indices.slice(at, at + network.batch);
    const input = seededInput(seed, part, latentSize, labels?.slice(at, at + network.batch) ?? null);
    const planes = network.quantise(await network.sample({ ...input, onStep: breathe }));
    bytes.set(interleaved(planes, part.length, resolution * resolution), at * size);
    await breathe();
  }
  return bytes;
}

/** [n][3][pixels] → [n][pixels][3]. */
export function interleaved(planes: Uint8Array, count: number, pixels: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  for (let i = 0, to = 0; i < count; i++) {
    const from = i * 3 * pixels;
    for (let p = 0; p < pixels; p++) {
      out[to++] = planes[from + p] as number;
      out[to++] = planes[from + pixels + p] as number;
      out[to++] = planes[from + 2 * pixels + p] as number;
    }
  }
  return out;
}
