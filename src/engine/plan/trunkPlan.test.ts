import { describe, expect, it } from "vitest";
import type { NetworkSpec } from "../network.ts";
import { compileTrunk, type ProgramName } from "./trunkPlan.ts";
import { readTensor, trunkTensors, writeTensor } from "./trunkState.ts";

function spec(width: number, imageSize = 32): NetworkSpec {
  return { architecture: "resnet18", width, classes: 10, imageSize };
}

describe("compileTrunk", () => {
  it("has one barrier per batch norm, and none in evaluation", () => {
    const { programs } = compileTrunk(spec(8), 4);
    const barriers = (name: ProgramName) => programs[name].length - 1;
    // 20 norms; each projection shares the barrier of the convolution beside it.
    expect(barriers("forward")).toBe(17);
    expect(barriers("backward")).toBe(19);
    expect(barriers("evaluate")).toBe(0);
  });

  it("is data that can be posted to a thread", () => {
    const { programs } = compileTrunk(spec(8), 4);
    expect(JSON.parse(JSON.stringify(programs))).toEqual(programs);
  });

  it("fits width 64 and batch 128 into 1.3 GB", () => {
    expect(compileTrunk(spec(64), 128).bytes).toBeLessThan(1.3e9);
  });

  it("says what to do when the arena would not fit", () => {
    expect(() => compileTrunk(spec(64), 1024)).toThrow(/width 64 at 32 pixels in batches of 1024 needs .* GiB/);
    expect(() => compileTrunk(spec(8), 0)).toThrow(/positive integer, not 0/);
  });
});

/** Comparing long arrays number by number takes seconds. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

describe("the state in the arena", () => {
  const plan = compileTrunk(spec(16, 8), 1);
  const arena = new Float32Array(plan.bytes / 4);

  it("keeps every tensor apart and gives it back in PyTorch's order", () => {
    const tensors = trunkTensors(plan.buffers);
    const filled = tensors.map(({ buffer, shape, momentum }, t) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => t + i / 65536);
      writeTensor(arena, buffer, shape, data);
      if (momentum)
        writeTensor(
          arena,
          momentum,
          shape,
          data.map((value) => -value),
        );
      return data;
    });
    tensors.forEach(({ buffer, shape, momentum }, t) => {
      const data = filled[t] as Float32Array;
      expect(sameBits(readTensor(arena, buffer, shape), data)).toBe(true);
      if (!momentum) return;
      const negative = data.map((value) => -value);
      expect(sameBits(readTensor(arena, momentum, shape), negative)).toBe(true);
    });
  });

  it("stores weights as panels: [cout/8][(cin/8, tap, 8 cin)][8 cout]", () => {
    const { buffer, shape } = trunkTensors(plan.buffers).find(
      ({ name }) => name === "layer1.0.conv1.weight",
    ) as never as {
      buffer: { kind: "panels"; address: number; cout: 16; cin: 16; kernel: 3 };
      shape: number[];
    };
    const data = new Float32Array(16 * 16 * 9);
    const [cout, cin, tap] = [13, 10, 5];
    data[(cout * 16 + cin) * 9 + tap] = 1;
    writeTensor(arena, buffer, shape, data);
    const k = (1 * 9 + tap) * 8 + 2;
    expect(arena[buffer.address / 4 + (1 * 144 + k) * 8 + 5]).toBe(1);
  });
});
