import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openNodeImageOps } from "../../../engine/ops/node/open.ts";
import { floats, readGolden } from "../../node/golden.ts";
import { filled } from "../testing/filledInception.ts";
import { inceptionShapes } from "./inceptionKeys.ts";
import { inceptionBlocks } from "./inceptionLayers.ts";
import { InceptionNetwork } from "./inceptionNetwork.ts";
import { inceptionInput, type ResizerName } from "./resizers.ts";

const golden = new URL("../../../../../shared/golden/generators/fid/inception/io.safetensors", import.meta.url);

describe.skipIf(!existsSync(golden))("Inception-v3 at full size on WebAssembly", () => {
  it("gives the golden features of all three resizers", { timeout: 60_000 }, async () => {
    const tensors = readGolden(golden);
    const images = tensors.get("images32_NHWC_u8")?.data as Uint8Array;
    const ops = await openNodeImageOps({ threads: 2, reproducible: false });
    try {
      const network = await InceptionNetwork.load(filled(inceptionShapes()), inceptionBlocks, ops);
      for (const [name, resizer] of [
        ["features_images32", "bilinear (pytorch-fid)"],
        ["features_cleanfid_clean", "bicubic (clean-fid)"],
        ["features_studiogan_clean", "bicubic (StudioGAN clean)"],
      ] as const satisfies readonly (readonly [string, ResizerName])[]) {
        const input = inceptionInput({ images, height: 32, width: 32 }, 0, 4, resizer);
        const features = await network.features(input, 4, 299);
        const wanted = floats(tensors, name);
        const worst = features.reduce((most, value, i) => {
          const reference = wanted[i] as number;
          return Math.max(most, Math.abs(value - reference) - 1e-4 * Math.abs(reference));
        }, 0);
        expect(features).toHaveLength(4 * 2048);
        expect(worst, name).toBeLessThan(3e-4);
      }
    } finally {
      ops.dispose();
    }
  });
});
