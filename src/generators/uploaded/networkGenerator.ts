import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import type { Benchmark } from "../../data/benchmark.ts";
import { imageBytes } from "../../data/imageSet.ts";
import { resizeBilinear } from "../../data/resize.ts";
import type { ImageOps } from "../../engine/ops/imageOps.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { GeneratorRecord, LabellerSpec } from "../../study/generatorRecord.ts";
import type { GeneratorNetwork } from "../architectures/architecture.ts";
import { recogniseGenerator } from "../architectures/registry.ts";
import type { Generator, GeneratorContext, GeneratorInfo, Labeller, SampledImages } from "../generator.ts";
import { wantedClass } from "./classes.ts";
import { withNetwork } from "./deviceNetworks.ts";
import { drawBytes } from "./draw.ts";

/** Where every image depends on its batch, batches begin at multiples of this. */
const BATCH_STATISTICS_GROUP = 64;

/** What of a record decides the images of a network. */
export type NetworkSource = Pick<
  GeneratorRecord,
  "classMap" | "labels" | "labeller" | "labellerHash" | "settings" | "description"
>;

/**
 * A generator whose images a network makes. Its file is read and laid out on the device when the first image is asked
 * for, so that naming one is cheap.
 */
export function networkGenerator(
  info: GeneratorInfo,
  fingerprint: string,
  source: NetworkSource,
  files: () => readonly NamedSource[] | Promise<readonly NamedSource[]>,
  benchmark: Benchmark,
  context: GeneratorContext,
): Generator {
  const { height, width, classNames } = benchmark.info;
  const { description, settings, classMap } = source;
  if (description === null || settings === null) throw new Error(`"${info.id}" is no network.`);
  const together = settings.batchNorm === "batch" && description.settings.includes("batchNorm");
  const group = together ? BATCH_STATISTICS_GROUP : 1;
  let labeller: Promise<Labeller> | null = null;

  async function draw(
    seed: number,
    first: number,
    count: number,
    classes: Int32Array | null,
    breathe: () => Promise<void>,
  ): Promise<Uint8Array> {
    const ops = await context.openOps();
    const load = async (): Promise<GeneratorNetwork> => loadNetwork(await files(), ops, source);
    const indices = Array.from({ length: count }, (_, k) => first + k);
    return withNetwork(ops, fingerprint, load, (network) => drawBytes(network, seed, indices, classes, breathe));
  }

  return {
    info,
    fingerprint: `${fingerprint}-${height}x${width}`,
    group,
    async sample(seed, first, count, breathe = async () => {}) {
      // Statistics of the batch make an image depend on its neighbours: whole groups are drawn, always the same.
      const from = first - (first % group);
      const drawn = Math.ceil((first + count - from) / group) * group;
      const wanted = Int32Array.from({ length: drawn }, (_, k) =>
        wantedClass(source.labels, seed, from + k, classNames.length),
      );
      const classes = classMap === null ? null : wanted.map((k) => classMap[k] as number);
      const native = await draw(seed, from, drawn, classes, breathe);
      const size = 3 * description.resolution ** 2;
      const kept = native.subarray((first - from) * size, (first - from + count) * size);
      const images = fitted(kept, count, description.resolution, height, width);
      if (classMap !== null)
        return { count, height, width, images, labels: wanted.slice(first - from, first - from + count) };
      labeller ??= openLabeller(source, benchmark, context);
      labeller.catch(() => {
        labeller = null;
      });
      const labelled = labelledBy(source.labeller, classNames.length);
      return { count, height, width, images, ...(await (await labeller).label(images, count)), ...labelled };
    },
  };
}

async function openLabeller(source: NetworkSource, benchmark: Benchmark, context: GeneratorContext): Promise<Labeller> {
  const { labeller, labellerHash } = source;
  if (labeller === null || labellerHash === null) {
    throw new WorkbenchError(
      "no-labeller",
      "This generator has no classes, and no classifier was named to label its images.",
    );
  }
  return context.openLabeller(labeller, labellerHash, benchmark);
}

export function labelledBy(by: LabellerSpec | null, classes: number): Pick<SampledImages, "labelled"> {
  return by === null ? {} : { labelled: { by, classes } };
}

/** The network of a checkpoint on a device. */
export async function loadNetwork(
  files: readonly NamedSource[],
  ops: ImageOps,
  { settings, description }: Pick<NetworkSource, "settings" | "description">,
): Promise<GeneratorNetwork> {
  const recognised = recogniseGenerator(await openCheckpoint(files));
  if (recognised === null) {
    throw new WorkbenchError("not-a-generator", `${files[0]?.name ?? "The file"} is no network that can be sampled.`);
  }
  return recognised.load(ops, settings ?? description?.defaults ?? recognised.description.defaults);
}

function fitted(native: Uint8Array, count: number, resolution: number, height: number, width: number): Uint8Array {
  if (resolution === height && resolution === width) return native.slice();
  const from = imageBytes({ height: resolution, width: resolution });
  const to = imageBytes({ height, width });
  const images = new Uint8Array(count * to);
  for (let k = 0; k < count; k++) {
    const picture = { height: resolution, width: resolution, pixels: native.subarray(k * from, (k + 1) * from) };
    images.set(resizeBilinear(picture, height, width).pixels, k * to);
  }
  return images;
}
