import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { bytesSource } from "../../src/checkpoints/byteSource.ts";
import { openCheckpoint } from "../../src/checkpoints/openCheckpoint.ts";
import { type FeatureSet, rowsBetween } from "../../src/metrics/fidelity/features.ts";
import { checkInception } from "../../src/metrics/fidelity/inception/inceptionKeys.ts";
import { inceptionBlocks } from "../../src/metrics/fidelity/inception/inceptionLayers.ts";
import { InceptionNetwork } from "../../src/metrics/fidelity/inception/inceptionNetwork.ts";
import { type ResizerName, resizerNames } from "../../src/metrics/fidelity/inception/resizers.ts";
import { type MeasureOptions, measure, usualOptions } from "../../src/metrics/fidelity/measures.ts";
import { messageOf } from "../../src/study/errors.ts";
import type { FidelityProtocol, FidelityReport } from "../../src/study/fidelity.ts";
import { BadInput, backendRequest, type CommonOptions, integer, log, withCommonOptions } from "../context.ts";
import { openImageOps } from "../imageOps.ts";
import { type Interruption, interruptible } from "../interruption.ts";
import { openKernels } from "../kernels.ts";
import { withSources } from "../sources.ts";
import { inceptionFeatures, openImages } from "./imageFeatures.ts";
import { countOf, readFeatures } from "./inputs.ts";

interface FidelityOptions extends CommonOptions {
  readonly real: string;
  readonly fake: string;
  readonly inception?: string;
  readonly features?: true;
  readonly count?: number;
  readonly resizer: keyof typeof resizers;
  readonly k?: number;
  readonly kidSubsets?: number;
  readonly kidSubsetSize?: number;
  readonly seed: number;
  readonly out?: string;
}

const [bilinear, clipped, overshooting] = resizerNames;
const resizers = { bilinear, bicubic: clipped, "bicubic-overshoot": overshooting } as const;

/** `sio fidelity`: how synthetic images, or their features, compare with real ones. */
export function addFidelityCommand(program: Command): void {
  withCommonOptions(program.command("fidelity").description("compare synthetic with real images"))
    .requiredOption("--real <path>", "images (.npz, .npy, .tar, folder), or with --features a file of features [N, d]")
    .requiredOption("--fake <path>", "the same of synthetic images, as many")
    .option("--inception <file>", "pytorch-fid's pt_inception-2015-12-05-6726825d.pth: the distance is FID")
    .option("--features", "--real and --fake are features (.npy, .npz, .safetensors, .csv)")
    .option("--count <n>", "take the first n of either side", integer)
    .addOption(
      new Option("--resizer <name>", "bilinear = pytorch-fid, bicubic = clean-fid, bicubic-overshoot = StudioGAN clean")
        .choices(Object.keys(resizers))
        .default("bilinear"),
    )
    .option("--k <n>", "neighbours of precision, recall, density, coverage", integer)
    .option("--kid-subsets <n>", "subsets of KID", integer)
    .option("--kid-subset-size <n>", "images of each", integer)
    .option("--seed <n>", "of every subset", integer, 0)
    .option("--out <file>", "write the JSON here instead of to stdout")
    .action((options: FidelityOptions) => interruptible((control) => fidelity(options, control)));
}

interface Sides {
  readonly real: FeatureSet;
  readonly fake: FeatureSet;
  readonly protocol: Pick<FidelityProtocol, "features" | "network" | "resizer">;
}

async function fidelity(options: FidelityOptions, control: Interruption): Promise<void> {
  if ((options.inception === undefined) === (options.features === undefined)) {
    throw new BadInput(
      "Give either --inception FILE (pytorch-fid's weights, for FID of images) or --features (where --real and --fake are features already).",
    );
  }
  const sides =
    options.inception === undefined ? await givenSides(options) : await imageSides(options, options.inception, control);
  const { dim, count } = sides.fake;
  if (sides.real.dim !== dim) {
    throw new BadInput(
      `--real has features of ${sides.real.dim} numbers, --fake of ${dim}: they are not of one network.`,
    );
  }
  const name = sides.protocol.features === "inception" ? "FID" : "Fréchet distance";
  const wanted: MeasureOptions = { name, ...usualOptions(count, options.seed), ...chosen(options) };
  const kernels = await openKernels(options);
  try {
    const pause = async (): Promise<void> => {
      await control.breathe();
      control.check();
    };
    const measures = await measure(sides.real, sides.fake, wanted, kernels, pause).catch((error: unknown) => {
      throw error instanceof RangeError ? new BadInput(messageOf(error), { cause: error }) : error;
    });
    const { k, kidSubsets, kidSubsetSize, seed } = wanted;
    const report: FidelityReport = {
      protocol: {
        ...sides.protocol,
        featureDim: dim,
        n: count,
        reference: options.real,
        k,
        kidSubsets,
        kidSubsetSize,
        seed,
      },
      ...measures,
      cas: null,
      labelAccuracy: null,
      notes: [
        ...measures.notes,
        "No classification accuracy score: it is the id_accuracy of a cell with α = 0, which `sio study --alpha 0` plans.",
      ],
    };
    await write(options, { real: options.real, fake: options.fake, distance: name, ...report });
  } finally {
    kernels.dispose();
  }
}

async function givenSides(options: FidelityOptions): Promise<Sides> {
  const [real, fake] = [await readFeatures(options.real), await readFeatures(options.fake)];
  const count = countOf(real.count, fake.count, options.count);
  return {
    real: rowsBetween(real, 0, count),
    fake: rowsBetween(fake, 0, count),
    protocol: { features: "given", network: "as given", resizer: "none" },
  };
}

async function imageSides(options: FidelityOptions, path: string, control: Interruption): Promise<Sides> {
  return withSources([options.real], (realFiles) =>
    withSources([options.fake], async (fakeFiles) => {
      const real = await openImages(options.real, realFiles);
      const fake = await openImages(options.fake, fakeFiles);
      const count = countOf(real.count, fake.count, options.count);
      const { bytes, file } = await readInception(path);
      const { ops } = await openImageOps(backendRequest(options));
      try {
        const network = await InceptionNetwork.load(file, inceptionBlocks, ops);
        const resizer: ResizerName = resizers[options.resizer];
        const featuresOf = (images: typeof real, side: string) =>
          inceptionFeatures(network, images, count, resizer, ops.device, async (done) => {
            await control.breathe();
            control.check();
            if (done % 256 === 0 || done === count) log(options, `${side}: ${done}/${count} images`);
          });
        const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
        return {
          real: await featuresOf(real, "real"),
          fake: await featuresOf(fake, "fake"),
          protocol: { features: "inception", network: `${basename(path)} (SHA-256 ${hash})`, resizer },
        };
      } finally {
        ops.dispose();
      }
    }),
  );
}

async function readInception(path: string) {
  try {
    const bytes = new Uint8Array(await readFile(path));
    const file = await openCheckpoint([{ name: basename(path), source: bytesSource(bytes) }]);
    checkInception(file);
    return { bytes, file };
  } catch (error) {
    throw new BadInput(`--inception ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function chosen({ k, kidSubsets, kidSubsetSize }: FidelityOptions): Partial<MeasureOptions> {
  return {
    ...(k === undefined ? {} : { k }),
    ...(kidSubsets === undefined ? {} : { kidSubsets }),
    ...(kidSubsetSize === undefined ? {} : { kidSubsetSize }),
  };
}

async function write({ out }: FidelityOptions, result: object): Promise<void> {
  const text = `${JSON.stringify(result, null, 1)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(`${out}.part`, text);
  await rename(`${out}.part`, out);
}
