import { CheckpointError } from "../../checkpoints/checkpointError.ts";
import type { CheckpointFile, NamedSource } from "../../checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import { messageOf } from "../../study/errors.ts";
import type { GeneratorDescription, ImagesDescription, InspectedGenerator } from "../../study/generatorRecord.ts";
import { isOfKeys } from "../architectures/keys.ts";
import { recogniseGenerator } from "../architectures/registry.ts";
import { openImageFiles } from "../imageSets/imageFiles.ts";
import type { ImageFiles } from "../imageSets/imageSource.ts";

/** What files are as a generator: a network with its file, or images. */
export type OpenedGenerator =
  | { readonly kind: "network"; readonly file: CheckpointFile; readonly description: GeneratorDescription | null }
  | { readonly kind: "images"; readonly files: ImageFiles };

/**
 * Opens files as a generator, without reading a tensor or keeping anything.
 *
 * @throws CheckpointError | SafetensorsError | FileError what they are and why they cannot be used
 */
export async function openGenerator(files: readonly NamedSource[]): Promise<OpenedGenerator> {
  if (files.length === 0) throw new CheckpointError("No file was given.");
  const images = await openImageFiles(files);
  if (images !== null) return { kind: "images", files: images };
  const file = await openCheckpoint(files);
  return { kind: "network", file, description: recogniseGenerator(file)?.description ?? null };
}

/** What files are as a generator, for the page; whatever is in them, the outcome says it. */
export async function inspectGenerator(files: readonly NamedSource[]): Promise<InspectedGenerator> {
  const nothing = { files: files.map(({ name }) => name), format: null, description: null, images: null, tensors: 0 };
  try {
    const opened = await openGenerator(files);
    if (opened.kind === "images") {
      const images = describeImages(opened.files);
      const warnings = imageWarnings(images);
      return { ...nothing, verdict: verdict(warnings), format: opened.files.format, images, warnings, error: null };
    }
    const { file, description } = opened;
    const warnings = [...file.warnings, ...(description?.warnings ?? [])];
    return {
      ...nothing,
      verdict: verdict(fileFaults(file, description)),
      format: file.format,
      description,
      tensors: file.tensors.size,
      warnings,
      error: null,
    };
  } catch (error) {
    return { ...nothing, verdict: "refused", warnings: [], error: messageOf(error) };
  }
}

/**
 * What is wrong with a file that can be read all the same. Other warnings are about sampling: a resolution that had to
 * be assumed, weights that are not averaged.
 */
export function fileFaults(file: CheckpointFile, description: GeneratorDescription | null): string[] {
  return [...file.warnings, ...(description?.warnings ?? []).filter(isOfKeys)];
}

function verdict(warnings: readonly string[]): "ok" | "warning" {
  return warnings.length === 0 ? "ok" : "warning";
}

export function describeImages({ count, height, width, labels, lossless }: ImageFiles): ImagesDescription {
  if (labels === null) return { count, height, width, classes: null, perClass: [], lossless };
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const perClass = new Array<number>(classes).fill(0);
  for (const label of labels) perClass[label] = (perClass[label] as number) + 1;
  return { count, height, width, classes, perClass, lossless };
}

export function imageWarnings({ perClass, lossless, classes }: ImagesDescription): string[] {
  const warnings: string[] = [];
  const empty = perClass.flatMap((n, k) => (n === 0 ? [k] : []));
  if (classes === null) warnings.push("The images have no labels: a classifier must give them some.");
  if (empty.length > 0)
    warnings.push(`No image is of class ${empty.slice(0, 10).join(", ")}${empty.length > 10 ? " …" : ""}.`);
  if (!lossless) warnings.push("Some images are JPEG; its artefacts alone can tell sets of images apart.");
  return warnings;
}
