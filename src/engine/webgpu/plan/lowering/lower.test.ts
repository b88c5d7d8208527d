import { describe, expect, it } from "vitest";
import { denseNetTrunk } from "../../../../networks/densenet.ts";
import { resnet18LargeTrunk } from "../../../../networks/resnet.ts";
import { TrunkBuilder } from "../../../../networks/trunk.ts";
import { compileTrunk } from "../../../plan/compile.ts";
import { share } from "../runtime/memory.ts";
import { ALIGNMENT, lower } from "./lower.ts";
import { ParameterLayout } from "./parameterLayout.ts";

/** WebGPU's guaranteed limits. */
const limits = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16_384 };
const MAX_BINDING = 2 ** 27;

describe("lower", () => {
  it.each([
    ["DenseNet-BC 22, growth 12", denseNetTrunk({ depth: 22, growth: 12, imageSize: 32 }), 128],
    ["ResNet-18 at 224 pixels", resnet18LargeTrunk(64, 224), 32],
  ] as const)("takes %s with batches of guaranteed size", (_name, trunk, maxBatch) => {
    const { passes } = lower(new ParameterLayout(compileTrunk(trunk, ALIGNMENT), 100), maxBatch, limits);
    const { forward, backward, evaluation, probeForward, probeBackward } = passes;
    const buffers = share([[...forward, ...backward], evaluation, [...probeForward, ...probeBackward]]);
    for (const { bytes, slots } of buffers) expect(bytes, slots[0]?.name).toBeLessThanOrEqual(MAX_BINDING);
    for (const { kernel } of [...forward, ...backward, ...evaluation, ...probeForward, ...probeBackward]) {
      const storage = kernel.bindings.filter(({ access }) => access !== "uniform");
      expect(storage.length, kernel.label).toBeLessThanOrEqual(8);
    }
  });

  it("says what WebGPU cannot do: read and write pieces of one concatenation", () => {
    const b = new TrunkBuilder(4, 4);
    const first = b.convolution("first", b.input, 4, { kernel: 1, stride: 1, padding: 0 });
    const second = b.convolution("second", first, 4, { kernel: 1, stride: 1, padding: 0 });
    const layout = new ParameterLayout(compileTrunk(b.build(b.relu(b.concat(first, second))), ALIGNMENT), 2);
    expect(() => lower(layout, 2, limits)).toThrow(
      /writes "map \d+" as y and also binds it as x\. On WebGPU a layer cannot read and write pieces of one concat/,
    );
  });
});
