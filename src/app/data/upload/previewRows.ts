import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { ImageSet } from "../../../data/imageSet.ts";
import type { InspectedGenerator } from "../../../study/generatorRecord.ts";
import type { ImageRow } from "../../ui/ImagePicker.tsx";
import { classesOf } from "./generatorDraft.ts";

/** Samples in rows of one class; in one row where they have none. Classes have the benchmark's names where all agree. */
export function previewRows(
  { labels }: ImageSet,
  inspected: InspectedGenerator,
  { classNames }: BenchmarkInfo,
): ImageRow[] {
  const named = classesOf(inspected) === classNames.length;
  const rows = new Map<number, number[]>();
  labels.forEach((label, at) => {
    rows.set(label, [...(rows.get(label) ?? []), at]);
  });
  return [...rows].map(([label, members]) => ({
    name: label < 0 ? "samples" : ((named ? classNames[label] : null) ?? `class ${label}`),
    members,
  }));
}
