import { basename } from "node:path";
import type { Command } from "commander";
import type { CheckpointFile, NamedSource } from "../../src/checkpoints/checkpointFile.ts";
import type { SafetensorsArray } from "../../src/checkpoints/elements.ts";
import { plainOps } from "../../src/engine/ops/plain/plainOps.ts";
import { recogniseGenerator } from "../../src/generators/architectures/registry.ts";
import { describeImages, fileFaults, imageWarnings, openGenerator } from "../../src/generators/uploaded/inspect.ts";
import { messageOf } from "../../src/study/errors.ts";
import type { GeneratorDescription } from "../../src/study/generatorRecord.ts";
import { BadInput, type CommonOptions, withCommonOptions } from "../context.ts";
import { withSources } from "../sources.ts";
import { asText } from "./asText.ts";
import type { Inspected } from "./inspected.ts";

interface InspectOptions extends CommonOptions {
  readonly values: string[];
}

/** `sio inspect`: what a checkpoint is, or why it is refused. Nothing in it is run. */
export function addInspectCommand(program: Command): void {
  withCommonOptions(program.command("inspect").description("what a generator's checkpoint is"))
    .argument(
      "<file...>",
      "checkpoints (.pth .pt .ckpt .bin .pkl .safetensors, or a folder of diffusers), sets of images",
    )
    .option(
      "--values <name>",
      "print a tensor's values, in row-major order (repeat)",
      (text: string, all: string[]) => [...all, text],
      [] as string[],
    )
    .action(async (paths: string[], options: InspectOptions) => {
      const results: Inspected[] = [];
      for (const path of paths) results.push(await inspectPath(path, options.values));
      if (options.json) process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
      else for (const result of results) process.stdout.write(asText(result));
      const refused = results.filter(({ verdict }) => verdict === "refused");
      if (refused.length > 0) throw new BadInput(refused.map(({ file, error }) => `${file}: ${error}`).join("\n"));
    });
}

const nothing = {
  architecture: null,
  format: null,
  parameters: null,
  classes: null,
  resolution: null,
  ema: null,
  flops_per_image: null,
  warnings: [],
  error: null,
  tensors: {},
} satisfies Partial<Inspected>;

async function inspectPath(path: string, wanted: readonly string[]): Promise<Inspected> {
  const file = basename(path);
  try {
    return await withSources([path], (files) => inspectFiles(file, files, wanted));
  } catch (error) {
    return { ...nothing, file, verdict: "refused", error: messageOf(error) };
  }
}

async function inspectFiles(
  file: string,
  files: readonly NamedSource[],
  wanted: readonly string[],
): Promise<Inspected> {
  const opened = await openGenerator(files);
  if (opened.kind === "images") {
    const images = describeImages(opened.files);
    const warnings = imageWarnings(images);
    const { classes, height } = images;
    const verdict = warnings.length === 0 ? "ok" : "warning";
    return { ...nothing, file, verdict, format: opened.files.format, classes, resolution: height, warnings, images };
  }
  const { file: checkpoint, description } = opened;
  const warnings = await allWarnings(checkpoint, description);
  const faults = fileFaults(checkpoint, description);
  return {
    ...nothing,
    file,
    verdict: faults.length === 0 ? "ok" : "warning",
    format: checkpoint.format,
    ema: checkpoint.ema,
    ...(description === null ? {} : described(description)),
    warnings,
    notes: checkpoint.notes,
    tensors: Object.fromEntries(
      [...checkpoint.tensors].map(([name, { dtype, shape }]) => [name, { dtype: DTYPES[dtype] ?? dtype, shape }]),
    ),
    ...(wanted.length === 0 ? {} : { values: await valuesOf(checkpoint, wanted) }),
  };
}

function described(description: GeneratorDescription) {
  const { architecture, title, parameters, classes, resolution, ema, flopsPerEvaluation, settings, defaults } =
    description;
  const evaluations = settings.includes("steps") ? defaults.steps : 1;
  return {
    architecture,
    title,
    parameters,
    classes,
    resolution,
    ema,
    flops_per_image: flopsPerEvaluation * evaluations,
  };
}

/** Lays a generator out: NaN, odd spectral norms and the like only show when its tensors are read. */
async function allWarnings(file: CheckpointFile, description: GeneratorDescription | null): Promise<string[]> {
  const found = new Set(description?.warnings ?? []);
  if (description !== null) {
    const ops = plainOps();
    try {
      const network = await recogniseGenerator(file)?.load(ops, description.defaults);
      for (const warning of network?.warnings ?? []) found.add(warning);
    } finally {
      ops.dispose();
    }
  }
  for (const warning of file.warnings) found.add(warning);
  return [...found];
}

async function valuesOf(file: CheckpointFile, names: readonly string[]) {
  const values: Record<string, (number | string)[]> = {};
  for (const name of names) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) throw new BadInput(`It has no tensor "${name}".`);
    values[name] = shownValues(await tensor.read());
  }
  return values;
}

/** JSON has no NaN, and its integers end at 2^53: those are text. */
function shownValues(data: SafetensorsArray): (number | string)[] {
  return Array.from(data as ArrayLike<number | bigint>, (value) =>
    Number.isFinite(Number(value)) && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value),
  );
}

const DTYPES: Readonly<Record<string, string>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};
