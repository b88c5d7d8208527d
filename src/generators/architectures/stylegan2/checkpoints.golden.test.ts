import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../../checkpoints/byteSource.ts";
import { openCheckpoint } from "../../../checkpoints/openCheckpoint.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { recogniseGenerator } from "../registry.ts";
import { excess } from "../testing/goldenCase.ts";
import { goldenPath, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";

describe.skipIf(!goldensThere)("NVIDIA's pickles", () => {
  it.each(["network-snapshot-proto4.pkl", "network-snapshot-proto3.pkl", "network-G_ema-only.pkl"])(
    "%s",
    async (name) => {
      const bytes = new Uint8Array(readFileSync(goldenPath(`checkpoints/valid/${name}`)));
      const recognised = recogniseGenerator(await openCheckpoint([{ name, source: bytesSource(bytes) }]));
      if (!recognised) throw new Error("not recognised");
      const { description } = recognised;
      expect(description).toMatchObject({
        architecture: "stylegan2",
        classes: 10,
        resolution: 16,
        latentSize: 16,
        ema: true,
        warnings: [],
      });
      expect(description.details).toMatchObject({ clamp: 256, output: "skip", "mapping layers": 2 });
      expect(description.defaults).toMatchObject({ noise: "const", truncation: null });

      const io = goldenTensors("checkpoints/valid/stylegan2_small.io.safetensors");
      const ops = plainOps();
      for (const [truncation, expected] of [
        [null, "images_psi1_const"],
        [0.7, "images_psi0.7_const"],
      ] as const) {
        const network = await recognised.load(ops, { ...description.defaults, truncation });
        const images = await network.sample({
          count: 3,
          latents: io.float("z"),
          labels: Int32Array.from(io.float("y")),
          normals: () => new Float32Array(),
        });
        expect(excess(images, io.float(expected), 2e-5)).toBeLessThanOrEqual(0);
        expect(network.warnings).toEqual([]);
        network.dispose();
      }
      expect(ops.bytes).toBe(0);
      ops.dispose();
    },
  );
});
