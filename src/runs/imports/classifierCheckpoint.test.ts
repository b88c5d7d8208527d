import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StateDictFile, StoredTensor } from "../../checkpoints/stateDict.ts";
import { classifierCheckpoint } from "./classifierCheckpoint.ts";

interface Parameters {
  readonly state: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
}

const golden = new URL("../../../../shared/golden/ood/networks/", import.meta.url);

/** A state_dict of zeros with the names and shapes that OpenOOD's network has. */
function zeros(network: string): StateDictFile {
  const { state }: Parameters = JSON.parse(readFileSync(new URL(`${network}/params.json`, golden), "utf8"));
  const tensors = new Map<string, StoredTensor>(
    state.map(({ name, shape, dtype }) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const read = async () => (dtype === "int64" ? new BigInt64Array(size) : new Float32Array(size));
      return [name, { dtype: dtype === "int64" ? "I64" : "F32", shape, read }];
    }),
  );
  return { tensors, metadata: {}, notes: [], warnings: [] };
}

describe.skipIf(!existsSync(golden))("on the names and shapes of OpenOOD's networks", () => {
  it.each([
    ["resnet18_32x32", 64],
    ["resnet18_32x32_w8", 8],
  ])("recognises %s at width %i", async (network, width) => {
    const { spec, state } = await classifierCheckpoint(zeros(network));
    expect(spec).toMatchObject({ architecture: "resnet18", width, classes: 10, imageSize: 32 });
    expect([...state.keys()].some((name) => name.endsWith("num_batches_tracked"))).toBe(false);
    expect(state.get("fc.weight")?.shape).toEqual([10, 8 * width]);
  });

  it.each([
    ["densenet3_100", /DenseNet/],
    ["resnet18_224x224", /ResNet for 224-pixel images/],
  ])("names %s, which cannot be run", async (network, message) => {
    await expect(classifierCheckpoint(zeros(network))).rejects.toThrow(message);
  });
});
