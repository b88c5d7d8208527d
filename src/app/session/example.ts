import { z } from "zod";
import { type Study, studySchema } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";

const exampleSchema = z.object({
  study: studySchema,
  computedWith: z.string().min(1),
  summaries: z
    .array(z.looseObject({ cell: z.looseObject({ id: z.string() }), detectors: z.array(z.unknown()).min(1) }))
    .min(1),
});

export interface Example {
  readonly study: Study;
  /** Backend, machine and date, for the label. */
  readonly computedWith: string;
  readonly summaries: readonly CellSummary[];
}

/**
 * The study that ships with the app, computed by this program (`npm run example`). Rejects, saying why, where the file
 * is missing or is not one: the page then shows nothing in its place.
 */
export async function loadExample(url: string): Promise<Example> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The example file answered ${response.status} ${response.statusText}.`);
  const text = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("The example file is not JSON; the server may have answered with a page instead.");
  }
  const parsed = exampleSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`The example file is damaged at ${issue?.path.join(".") || "its root"}: ${issue?.message}.`);
  }
  return value as Example;
}
