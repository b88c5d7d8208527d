import type { ImagesDescription } from "../../src/study/generatorRecord.ts";

/** What `--json` prints of a file; names are those of CLI.md. */
export interface Inspected {
  readonly file: string;
  readonly verdict: "ok" | "warning" | "refused";
  readonly architecture: string | null;
  readonly title?: string;
  readonly format: string | null;
  readonly parameters: number | null;
  readonly classes: number | null;
  readonly resolution: number | null;
  readonly ema: boolean | null;
  readonly flops_per_image: number | null;
  readonly warnings: readonly string[];
  readonly notes?: readonly string[];
  readonly error: string | null;
  readonly tensors: Readonly<Record<string, { readonly dtype: string; readonly shape: readonly number[] }>>;
  readonly images?: ImagesDescription;
  readonly values?: Readonly<Record<string, readonly (number | string)[]>>;
}
