import { describe, expect, it } from "vitest";
import { denseNetTrunk } from "../../../networks/densenet.ts";
import { resnet18Trunk } from "../../../networks/resnet.ts";
import { lowerTrunk } from "./lowerTrunk.ts";
import { readTensor, type TrunkTensor, writeTensor } from "./state.ts";

/** Comparing long arrays number by number takes seconds. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

describe.each([
  { what: "ResNet-18", trunk: resnet18Trunk(16, 8) },
  { what: "DenseNet, whose lanes have gaps", trunk: denseNetTrunk({ depth: 16, growth: 4, imageSize: 8 }) },
])("the state of $what in the arena", ({ trunk }) => {
  const plan = lowerTrunk(trunk, 1, 2);

  it("keeps every tensor apart and gives it back in PyTorch's order", () => {
    const arena = new Float32Array(plan.bytes / 4);
    const filled = plan.tensors.map(({ storage, shape, momentum }, t) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => t + 1 + i / 65536);
      writeTensor(arena, storage, data);
      const negative = data.map((value) => -value);
      if (momentum) writeTensor(arena, momentum, negative);
      return { data, negative };
    });
    plan.tensors.forEach(({ storage, momentum }, t) => {
      const { data, negative } = filled[t] as { data: Float32Array; negative: Float32Array };
      expect(sameBits(readTensor(arena, storage), data)).toBe(true);
      if (momentum) expect(sameBits(readTensor(arena, momentum), negative)).toBe(true);
    });
    // Nothing else was touched: lanes without a channel stay zero.
    const written = filled.reduce((sum, { data }, t) => sum + data.length * (plan.tensors[t]?.momentum ? 2 : 1), 0);
    expect(arena.reduce((count, value) => count + (value === 0 ? 0 : 1), 0)).toBe(written);
  });
});

it("stores weights as panels: [cout/8][(cin/8, tap, 8 cin)][8 cout]", () => {
  const plan = lowerTrunk(resnet18Trunk(16, 8), 1, 2);
  const arena = new Float32Array(plan.bytes / 4);
  const { storage } = plan.tensors.find(({ name }) => name === "layer1.0.conv1.weight") as TrunkTensor;
  const data = new Float32Array(16 * 16 * 9);
  const [cout, cin, tap] = [13, 10, 5];
  data[(cout * 16 + cin) * 9 + tap] = 1;
  writeTensor(arena, storage, data);
  const k = (1 * 9 + tap) * 8 + 2;
  expect(arena[storage.buffer.address / 4 + (1 * 144 + k) * 8 + 5]).toBe(1);
});
