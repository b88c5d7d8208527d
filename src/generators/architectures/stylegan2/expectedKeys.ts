import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { ExpectedKey } from "../keys.ts";
import { type StyleGanSizes, styledLayers } from "./sizes.ts";

/** The tensors of a generator of these sizes. Resampling filters may be of any length: theirs is the file's shape. */
export function expectedKeys(file: CheckpointFile, sizes: StyleGanSizes): ExpectedKey[] {
  const keys: ExpectedKey[] = [];
  const parameter = (name: string, ...shape: number[]): void => void keys.push({ name, shape, kind: "parameter" });
  const filter = (name: string): void => {
    const shape = file.tensors.get(name)?.shape;
    if (shape) keys.push({ name, shape, kind: "buffer" });
  };
  const { wWidth, embedWidth, classes, mapping, blocks } = sizes;
  const first = blocks[0]?.width ?? 0;
  parameter("synthesis.b4.const", first, 4, 4);
  blocks.forEach(({ resolution, width }, b) => {
    filter(`synthesis.b${resolution}.resample_filter`);
    for (const { name, kind, cin, cout, kernel } of styledLayers(sizes, b)) {
      const layer = `synthesis.${name}`;
      parameter(`${layer}.weight`, cout, cin, kernel, kernel);
      parameter(`${layer}.bias`, cout);
      parameter(`${layer}.affine.weight`, cin, wWidth);
      parameter(`${layer}.affine.bias`, cin);
      if (kind === "torgb") continue;
      filter(`${layer}.resample_filter`);
      if (!sizes.noise) continue;
      parameter(`${layer}.noise_strength`);
      keys.push({ name: `${layer}.noise_const`, shape: [resolution, resolution], kind: "buffer" });
    }
    if (sizes.output !== "resnet" || b === 0) return;
    parameter(`synthesis.b${resolution}.skip.weight`, width, blocks[b - 1]?.width ?? 0, 1, 1);
    filter(`synthesis.b${resolution}.skip.resample_filter`);
  });
  keys.push({ name: "mapping.w_avg", shape: [wWidth], kind: "buffer", optional: true });
  let input = sizes.zWidth + (embedWidth ?? 0);
  if (embedWidth !== null && classes !== null) {
    parameter("mapping.embed.weight", embedWidth, classes);
    parameter("mapping.embed.bias", embedWidth);
  }
  mapping.forEach((layerWidth, i) => {
    const outputs = i === mapping.length - 1 ? wWidth : layerWidth;
    parameter(`mapping.fc${i}.weight`, outputs, input);
    parameter(`mapping.fc${i}.bias`, outputs);
    input = outputs;
  });
  return keys;
}
