import { describe, expect, it } from "vitest";
import type { GpuKernel } from "../../kernels/kernel.ts";
import { type Call, call, place, type Slot } from "../lowering/slots.ts";
import { share } from "./memory.ts";

const kernel = (...names: string[]): GpuKernel => ({
  label: "test",
  code: "",
  bindings: names.map((name) => ({ name, access: "read", type: "array<f32>", bytes: () => 4 })),
  shape: [],
  workgroups: () => [1, 1, 1],
  flops: () => 0,
  bytes: () => 0,
});
const slot = (name: string, bytes: number, lasts: Slot["lasts"] = "shared"): Slot => ({ name, bytes, lasts });
const calls = (...operands: Slot[][]): Call[] =>
  operands.map((slots) => ({ kernel: kernel(), operands: slots.map((one) => place(one)) }));

function buffersOf(passes: readonly (readonly Call[])[]): string[] {
  return share(passes).map(({ bytes, slots }) => `${bytes}: ${slots.map(({ name }) => name).join(" ")}`);
}

describe("share", () => {
  const [a, b, c, d] = [slot("a", 100), slot("b", 50), slot("c", 80), slot("d", 60)] as [Slot, Slot, Slot, Slot];

  it("puts what is never needed at once into one buffer, and never two operands of a call", () => {
    expect(buffersOf([calls([a, b], [b, c], [c, d])])).toEqual(["100: a c", "60: d b"]);
  });

  it("keeps contents that are needed later", () => {
    expect(buffersOf([calls([a, b], [b, c], [c, a])])).toEqual(["100: a", "80: c", "50: b"]);
  });

  it("takes the smallest buffer that has room", () => {
    expect(buffersOf([calls([a, c], [d])])).toEqual(["100: a", "80: c d"]);
  });

  it("shares between passes, whose calls never mix", () => {
    expect(buffersOf([calls([a], [a]), calls([c, d])])).toEqual(["100: a c", "60: d"]);
  });

  it("leaves kept and foreign memory alone", () => {
    expect(buffersOf([calls([a, slot("parameters", 9, "kept"), slot("gradient", 9, "foreign")])])).toEqual(["100: a"]);
  });
});

describe("call", () => {
  it("puts operands in the order of the bindings", () => {
    const [x, y] = [place(slot("x", 4)), place(slot("y", 4), 256)];
    expect(call(kernel("y", "x"), { x, y }).operands).toEqual([y, x]);
  });

  it("names what is missing and what is too much", () => {
    expect(() => call(kernel("x", "y"), { x: place(slot("x", 4)), z: place(slot("z", 4)) })).toThrow(
      "missing are [y], too many are [z]",
    );
  });
});
