import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { createTapeEngine } from "./tapeEngine.ts";
import { TapeNetwork } from "./tapeNetwork.ts";
import { goldenPicture, goldenState, largestDifference, toNhwc } from "./testing/goldenFill.ts";

/** Evaluation mode of the reference at width 8, 32×32 pixels; tolerances are the manifest's. */
it("meets the reference's features and logits", async () => {
  const file = new URL("./fixtures/resnet18_32x32_w8.safetensors", import.meta.url);
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
  const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
  const engine = await createTapeEngine({ backend: "cpu" });
  const network = await engine.createNetwork(spec, { maxBatch: 4, normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } });
  if (!(network instanceof TapeNetwork)) throw new Error("not a tape network");
  await network.importState(goldenState(spec));
  const pictures = [0, 1, 2, 3].map((i) =>
    goldenPicture(`images/${i}`, 32, [1, 2, 4, 8][i] ?? 1, [0.247, 0.2435, 0.2616]),
  );
  const { features, logits } = await network.forwardNormalised(toNhwc(pictures, 32), 4);
  expect(largestDifference(features, tensors.get("features")?.data)).toBeLessThan(5.1e-4);
  expect(largestDifference(logits, tensors.get("logits")?.data)).toBeLessThan(2.7e-4);
  engine.dispose();
});
