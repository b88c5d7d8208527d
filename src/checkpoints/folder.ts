import { CheckpointError, shown } from "./checkpointError.ts";
import type { CheckpointFile, NamedSource } from "./checkpointFile.ts";
import { openFile } from "./openFile.ts";
import { averagedByName } from "./tensorNames.ts";

const SETTINGS = ["config.json", "scheduler_config.json", "model_index.json", "training_options.json"];
/** Settings have some kilobytes. */
const MAX_JSON_BYTES = 2 ** 20;

/**
 * Opens the one network in files that belong together: its weights, and the settings beside them by file name
 * ("config.json", "scheduler_config.json"). Throws CheckpointError, SafetensorsError.
 */
export async function openFolder(files: readonly NamedSource[]): Promise<CheckpointFile> {
  const config = new Map<string, unknown>();
  const { chosen, notes } = chooseWeights(
    files.filter(({ name }) => /\.(safetensors|bin|pth|pt|ckpt|pkl)$/i.test(name)),
  );
  for (const key of SETTINGS) {
    // A pipeline has a config.json in every sub-folder: that beside the weights is meant.
    const named = files.filter(({ name }) => baseName(name) === key);
    const beside = named.find(({ name }) => folderOf(name) === folderOf(chosen.name));
    const file = beside ?? (named.length === 1 ? named[0] : undefined);
    if (file !== undefined) config.set(key, await readJson(file));
  }
  const opened = await openFile(chosen);
  const ofDiffusers = /^diffusion_pytorch_model\./.test(baseName(chosen.name)) && config.has("config.json");
  return {
    ...opened,
    format: ofDiffusers ? "diffusers" : opened.format,
    config: new Map([...opened.config, ...config]),
    notes: [...opened.notes, ...notes],
  };
}

/**
 * Of several files of weights, that of the U-Net in a pipeline, the averaged one, safetensors before torch; throws
 * CheckpointError where none of these decides.
 */
function chooseWeights(weights: readonly NamedSource[]): { chosen: NamedSource; notes: string[] } {
  let left = weights;
  const criteria: ((file: NamedSource) => boolean)[] = [
    ({ name }) => folderOf(name).endsWith("unet"),
    ({ name }) => !/model=D[-_]/.test(name),
    ({ name }) => averagedByName(name) === true,
    ({ name }) => /\.safetensors$/i.test(name),
  ];
  for (const prefer of criteria) {
    const preferred = left.filter(prefer);
    if (preferred.length > 0) left = preferred;
  }
  const [chosen, ...others] = left;
  const names = (some: readonly NamedSource[]): string =>
    some
      .map(({ name }) => shown(name))
      .slice(0, 8)
      .join(", ");
  if (chosen === undefined) {
    throw new CheckpointError("None of the files holds weights (.safetensors, .bin, .pth, .pt, .ckpt, .pkl).");
  }
  if (others.length > 0)
    throw new CheckpointError(`Which of these is the generator? ${names(left)}. Give one of them.`);
  const passed = weights.filter((file) => file !== chosen);
  return { chosen, notes: passed.length > 0 ? [`Of the files, ${names(passed)} were passed over.`] : [] };
}

async function readJson({ name, source }: NamedSource): Promise<unknown> {
  if (source.size > MAX_JSON_BYTES) throw new CheckpointError(`${shown(name)} has ${source.size} bytes: no settings.`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, source.size)));
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`${shown(name)} is no JSON.`, { cause });
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
