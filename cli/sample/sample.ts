import type { Command } from "commander";
import type { CheckpointFile, NamedSource } from "../../src/checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../src/checkpoints/openCheckpoint.ts";
import type { Recognised } from "../../src/generators/architectures/architecture.ts";
import { recogniseGenerator } from "../../src/generators/architectures/registry.ts";
import { messageOf } from "../../src/study/errors.ts";
import type { GeneratorDescription, SamplingSettings } from "../../src/study/generatorRecord.ts";
import { BadInput, backendRequest, log, withCommonOptions } from "../context.ts";
import { openImageOps } from "../imageOps.ts";
import { interruptible } from "../interruption.ts";
import { scoreProgress } from "../scoreProgress.ts";
import { withSources } from "../sources.ts";
import { assertFinite, type Drawn, draw, labelsFor } from "./draw.ts";
import { checkLatents, type GivenLatents, readLatents } from "./latents.ts";
import { type SampleOptions, settingsFor, withSampleOptions } from "./options.ts";
import { outKind, writeDrawn } from "./write.ts";

const DEFAULT_COUNT = 16;
/** One file of tensors is made in memory. */
const MAX_VALUES = 2 ** 29;

/** `sio sample`: images of a generator's checkpoint. */
export function addSampleCommand(program: Command): void {
  const command = program.command("sample").description("images of a generator's checkpoint");
  withSampleOptions(withCommonOptions(command))
    .argument("<file>", "checkpoint, or a folder of diffusers")
    .action(sample);
}

async function sample(path: string, options: SampleOptions): Promise<void> {
  const kind = await outKind(options.out);
  const given = options.latents === undefined ? null : await readLatents(options.latents);
  await withSources([path], async (files) => {
    const { recognised, description } = await recognise(path, files, given);
    const settings = settingsFor(options, description);
    if (given !== null) checkLatents(options.latents ?? "", given, description);
    const count = countOf(options, given);
    const ownLabels = description.classes === null ? null : (given?.labels ?? null);
    if (ownLabels !== (given?.labels ?? null))
      log(options, "The generator has no classes: the latents' labels are left aside.");
    const labels = labelsFor(count, description.classes, options.labels ?? ownLabels);
    if (count * 3 * description.resolution ** 2 > MAX_VALUES) {
      throw new BadInput(
        `${count} images of ${description.resolution} px are more than one file holds: lower --count.`,
      );
    }
    const drawn = await computed(recognised, settings, { options, count, labels, given });
    await writeDrawn(options.out, kind, drawn, metadataOf(description, settings, options));
    if (options.json) process.stdout.write(`${JSON.stringify({ out: options.out, count, settings })}\n`);
    else log(options, `${count} images in ${options.out}.`);
  });
}

async function recognise(path: string, files: readonly NamedSource[], given: GivenLatents | null) {
  try {
    const file = await openCheckpoint(files);
    const recognised = recogniseGenerator(withSide(file, given));
    if (recognised === null) {
      throw new BadInput(
        `It is no generator that is known here; it holds ${file.tensors.size} tensors (sio inspect lists them).`,
      );
    }
    return { recognised, description: recognised.description };
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A UNet's file need not say its resolution; x_T does. */
function withSide(file: CheckpointFile, given: GivenLatents | null): CheckpointFile {
  if (given === null || given.side === null || file.metadata.resolution !== undefined) return file;
  return { ...file, metadata: { ...file.metadata, resolution: String(given.side) } };
}

function countOf({ count, labels }: SampleOptions, given: GivenLatents | null): number {
  if (given === null) return count ?? labels?.length ?? DEFAULT_COUNT;
  if (count !== undefined && count > given.count) {
    throw new BadInput(`--count ${count}: the latents are those of ${given.count} images.`);
  }
  return count ?? given.count;
}

interface Request {
  readonly options: SampleOptions;
  readonly count: number;
  readonly labels: Int32Array | null;
  readonly given: GivenLatents | null;
}

async function computed(
  recognised: Recognised,
  settings: SamplingSettings,
  { options, count, labels, given }: Request,
): Promise<Drawn> {
  const chosen = await openImageOps(backendRequest(options));
  const progress = scoreProgress(options);
  try {
    if (chosen.reason !== "") log(options, chosen.reason);
    const network = await orBad(() =>
      recognised.load(chosen.ops, forGiven(recognised.description, settings, given, options)),
    );
    for (const warning of network.warnings) log(options, `Warning: ${warning}`);
    const started = performance.now();
    const drawn = await interruptible((control) =>
      draw({
        network,
        count,
        labels,
        seed: options.seed,
        given,
        together: settings.batchNorm === "batch" && recognised.description.settings.includes("batchNorm"),
        steps: options.trajectory ? settings.steps : 0,
        onProgress: (done) => progress.update(done, count, "images"),
        breathe: () => control.breathe(),
      }),
    );
    assertFinite(drawn);
    const ms = (performance.now() - started) / count;
    log(options, `${chosen.ops.device}: ${ms.toPrecision(3)} ms an image.`);
    return drawn;
  } catch (error) {
    // A setting that the network cannot work with, which some find out only when they draw.
    throw error instanceof RangeError ? new BadInput(error.message, { cause: error }) : error;
  } finally {
    progress.finish();
    chosen.dispose();
  }
}

/** StudioGAN truncates by drawing z from a truncated normal: z that is given is taken as it is. */
function forGiven(
  { architecture }: GeneratorDescription,
  settings: SamplingSettings,
  given: GivenLatents | null,
  options: SampleOptions,
): SamplingSettings {
  if (given === null || settings.truncation === null || !architecture.startsWith("studiogan")) return settings;
  log(options, "The latents are given, so they are not truncated.");
  return { ...settings, truncation: null };
}

function metadataOf(description: GeneratorDescription, settings: SamplingSettings, options: SampleOptions) {
  const used = Object.fromEntries(description.settings.map((name) => [name, settings[name]]));
  const source = options.latents === undefined ? { seed: String(options.seed) } : {};
  return { architecture: description.architecture, settings: JSON.stringify(used), ...source };
}

async function orBad<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new BadInput(messageOf(error), { cause: error });
  }
}
