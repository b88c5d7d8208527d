import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import { resizeBilinear } from "../../data/resize.ts";
import type { ImageOps } from "../../engine/ops/imageOps.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { SamplingSettings } from "../../study/generatorRecord.ts";
import type { GeneratorNetwork } from "../architectures/architecture.ts";
import { recogniseGenerator } from "../architectures/registry.ts";
import { openImageFiles } from "../imageSets/imageFiles.ts";
import type { ImageFiles } from "../imageSets/imageSource.ts";
import { drawBytes } from "./draw.ts";

/** Pictures of a set that are looked through for its classes' first images. */
const LOOKED_THROUGH = 20_000;

export interface PreviewJob {
  readonly files: readonly NamedSource[];
  readonly settings: Partial<SamplingSettings>;
  /** Classes of the generator; ignored where it has none. */
  readonly classes: readonly number[];
  readonly perClass: number;
  readonly seed: number;
  openOps(): Promise<ImageOps>;
  breathe(): Promise<void>;
}

export interface Preview {
  readonly images: ImageSet;
  /** null for a set of images. */
  readonly msPerImage: number | null;
  readonly device: string | null;
  readonly warnings: readonly string[];
}

/** A few images of files that are not kept, at their own size, and what one costs on this device. */
export async function previewGenerator(job: PreviewJob): Promise<Preview> {
  const files = await openImageFiles(job.files);
  if (files !== null) {
    return { images: await firstPictures(files, job), msPerImage: null, device: null, warnings: [] };
  }
  const recognised = recogniseGenerator(await openCheckpoint(job.files));
  if (recognised === null) {
    throw new WorkbenchError("not-a-generator", `${job.files[0]?.name} is no network that can be sampled.`);
  }
  const ops = await job.openOps();
  const network = await recognised.load(ops, { ...recognised.description.defaults, ...job.settings });
  try {
    return { ...(await drawn(network, job)), device: ops.device, warnings: network.warnings };
  } finally {
    network.dispose();
  }
}

async function drawn(network: GeneratorNetwork, job: PreviewJob): Promise<Pick<Preview, "images" | "msPerImage">> {
  const { classes, resolution } = network.description;
  for (const label of job.classes) {
    if (classes !== null && (!Number.isInteger(label) || label < 0 || label >= classes)) {
      throw new WorkbenchError("class", `The generator has classes 0 to ${classes - 1}, not ${label}.`);
    }
  }
  const wanted = job.classes.flatMap((label) => new Array<number>(job.perClass).fill(label));
  const labels = Int32Array.from(wanted, (label) => (classes === null ? -1 : label));
  const count = wanted.length;
  const bytes = new Uint8Array(count * 3 * resolution * resolution);
  const { batch } = network;
  const times: { images: number; ms: number }[] = [];
  for (let at = 0; at < count; at += batch) {
    const n = Math.min(batch, count - at);
    const indices = Array.from({ length: n }, (_, k) => at + k);
    const start = performance.now();
    const part = await drawBytes(network, job.seed, indices, classes === null ? null : labels.slice(at, at + n), () =>
      job.breathe(),
    );
    times.push({ images: n, ms: performance.now() - start });
    bytes.set(part, at * 3 * resolution * resolution);
  }
  const images = { count, height: resolution, width: resolution, images: bytes, labels };
  // The first batch also pays for what is made once; it counts only where there is no other.
  const timed = times.length > 1 ? times.slice(1) : times;
  const total = timed.reduce((sum, part) => ({ images: sum.images + part.images, ms: sum.ms + part.ms }), {
    images: 0,
    ms: 0,
  });
  return { images, msPerImage: total.images === 0 ? null : total.ms / total.images };
}

async function firstPictures(files: ImageFiles, { classes, perClass }: PreviewJob): Promise<ImageSet> {
  const { height, width } = files;
  const found = new Map<number, Uint8Array[]>((files.labels === null ? [-1] : classes).map((label) => [label, []]));
  const each = files.labels === null ? perClass * Math.max(1, classes.length) : perClass;
  let index = 0;
  let missing = found.size * each;
  for await (const picture of files.pictures()) {
    const own = found.get(files.labels?.[index++] ?? -1);
    if (own !== undefined && own.length < each) {
      const same = picture.height === height && picture.width === width;
      own.push((same ? picture : resizeBilinear(picture, height, width)).pixels.slice());
      missing--;
    }
    if (missing === 0 || index >= LOOKED_THROUGH) break;
  }
  const rows = [...found].flatMap(([label, pixels]) => pixels.map((image) => ({ label, image })));
  const images = new Uint8Array(rows.length * height * width * 3);
  for (const [k, { image }] of rows.entries()) images.set(image, k * height * width * 3);
  return { count: rows.length, height, width, images, labels: Int32Array.from(rows, ({ label }) => label) };
}
