import type { Inspected } from "./inspected.ts";

/** What is said of a file on a terminal. */
export function asText(result: Inspected): string {
  const { file, verdict, error, format, images, warnings } = result;
  if (verdict === "refused") return `${file}: refused\n  ${error}\n`;
  const lines = [`${file}: ${verdict}`];
  if (images !== undefined) {
    lines.push(`  ${images.count} images of ${images.width}×${images.height} pixels (${format})`);
    if (images.classes !== null) lines.push(`  ${images.classes} classes, ${images.perClass.join(" ")} images`);
  } else lines.push(...networkLines(result));
  for (const warning of warnings) lines.push(`  warning: ${warning}`);
  for (const note of result.notes ?? []) lines.push(`  note: ${note}`);
  for (const [name, values] of Object.entries(result.values ?? {})) lines.push(`  ${name} = [${values.join(", ")}]`);
  return `${lines.join("\n")}\n`;
}

function networkLines({
  architecture,
  title,
  parameters,
  classes,
  resolution,
  ema,
  flops_per_image,
  tensors,
  format,
}: Inspected): string[] {
  const count = `${Object.keys(tensors).length} tensors (${format})`;
  if (architecture === null) return [`  no generator that is known here; ${count}`];
  const averaged = ema === null ? "not said" : ema ? "yes" : "no";
  return [
    `  ${title} (${architecture})`,
    `  ${parameters?.toLocaleString("en-US")} parameters, ${count}, averaged (EMA): ${averaged}`,
    `  ${classes === null ? "unconditional" : `${classes} classes`}, ${resolution} px, ${((flops_per_image ?? 0) / 1e9).toPrecision(3)} GFLOP an image`,
  ];
}
